"""``python -m crackpipe``: the command line, from the current folder's own code."""

from crackpipe.cli.app import app

app()
