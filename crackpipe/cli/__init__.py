"""The command `crackpipe`."""
