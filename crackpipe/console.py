"""The console: how a command ends, what it prints, and bars with rate and time left."""

import difflib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from crackpipe.errors import CrackpipeError

Item = TypeVar("Item")


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


def arguments(allowed: Mapping[str, Sequence[str] | None]) -> list[str]:
    """The command line's arguments in the order of ``allowed``, which holds for each what it may be; ``None``: any.

    Raises:
        CrackpipeError: there are more or fewer, or one is another; the text shows the usage or the nearest name.
    """
    given = sys.argv[1:]
    if len(given) != len(allowed):
        usage = " ".join(name.upper() for name in allowed)
        raise CrackpipeError(f"got {len(given)} argument(s) {given}; usage: python -m pipeline.STAGE {usage}")
    for (name, known), found in zip(allowed.items(), given, strict=True):
        if known is not None and found not in known:
            near = difflib.get_close_matches(found, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise CrackpipeError(f"{name.upper()}: got {found!r}, expected one of {', '.join(known)}{hint}")
    return given


def say(line: str) -> None:
    """Write one line of a stage's summary, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def bar(items: Iterable[Item], *, what: str, total: int | None, unit: str) -> Iterator[Item]:
    """Wrap ``items`` in a bar on standard error: count, rate per second, time left. A log gets a line every 10 s."""
    from tqdm import tqdm

    seconds = 0.1 if sys.stderr.isatty() else 10.0
    return iter(tqdm(items, desc=what, total=total, unit=f" {unit}", mininterval=seconds, maxinterval=seconds))
