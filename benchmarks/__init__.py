"""Timings of crackpipe side by side with the ways that others do the same; `make bench` writes README.md."""
