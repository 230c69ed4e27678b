"""How a stage of the pipeline ends: a user's error is one text on standard error, without a traceback."""

import sys
from collections.abc import Callable

from crackpipe.errors import CrackpipeError


def run(main: Callable[[], None]) -> None:
    """Run a stage.

    Raises:
        SystemExit: with status 1, after a :class:`CrackpipeError` was shown; any other exception is a fault of the
            program and keeps its traceback.
    """
    try:
        main()
    except CrackpipeError as error:
        sys.stdout.flush()
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None


def arguments(*names: str) -> list[str]:
    """The command line's arguments, one for each of ``names``.

    Raises:
        CrackpipeError: there are more or fewer; the text shows the usage.
    """
    given = sys.argv[1:]
    if len(given) != len(names):
        usage = " ".join(name.upper() for name in names)
        raise CrackpipeError(f"got {len(given)} argument(s) {given}; usage: python -m pipeline.STAGE {usage}")
    return given


def say(line: str) -> None:
    """Write one line of a stage's summary, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
