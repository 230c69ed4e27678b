"""``python -m crackpipe``: the command line, from the current folder's own code."""

from crackpipe.cli.app import app

if __name__ == "__main__":  # workers that are started anew import this file, too
    app()
