"""The console: how a command ends, what it prints, and bars with rate and time left."""

import gc
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NoReturn, TypeVar

from crackpipe.errors import CrackpipeError, did_you_mean

Item = TypeVar("Item")
ended_well = False  # whether the program has done its work: pipeline/__init__.py


def run(main: Callable[[], None]) -> None:
    """Run a stage or the command line.

    Args:
        main: takes no argument.

    Raises:
        SystemExit: with status 1, after a :class:`CrackpipeError` was shown, or which package is not installed; any
            other exception is a fault of the program and keeps its traceback.
    """
    if not gc.isenabled():  # while the stage's modules were imported: pipeline/__init__.py
        gc.freeze()
        gc.enable()
    try:
        main()
    except CrackpipeError as error:
        _end(str(error))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or importlib.util.find_spec(package) is not None:  # a file of it is missing
            raise
        _end(
            f"this needs the package {package}, which is not installed; those of the pipeline come with pip install "
            "'crackpipe[pipeline]'"
        )
    global ended_well
    ended_well = True


def _end(fault: str) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(f"error: {fault}\n")
    raise SystemExit(1) from None


def arguments(allowed: Mapping[str, Sequence[str] | None]) -> list[str]:
    """Read the arguments of a stage's command line.

    Args:
        allowed: by name, in the order in which they are typed, the values that each may have; ``None`` allows any.

    Returns:
        The arguments, in that order.

    Raises:
        CrackpipeError: there are more or fewer, or one is another; the text shows the usage or the nearest name.
    """
    typed = sys.argv[1:]
    if len(typed) != len(allowed):
        usage = " ".join(name.upper() for name in allowed)
        raise CrackpipeError(f"got {len(typed)} argument(s) {typed}; usage: python -m pipeline.STAGE {usage}")
    for (name, values), value in zip(allowed.items(), typed, strict=True):
        if values is not None and value not in values:
            hint = did_you_mean(value, values)
            raise CrackpipeError(f"{name.upper()}: got {value!r}, expected one of {', '.join(values)}{hint}")
    return typed


def whole_number(text: str, *, name: str) -> int:
    """Read an argument that is a number from 0.

    Raises:
        CrackpipeError: it is none.
    """
    if not text.isdecimal():
        raise CrackpipeError(f"{name}: got {text!r}, expected a whole number from 0")
    return int(text)


def say(line: str) -> None:
    """Write one line of a stage's summary, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def bar(items: Iterable[Item], *, what: str, total: int | None, unit: str) -> Iterator[Item]:
    """Wrap ``items`` in a bar on standard error: count, rate per second, time left. A log gets a line every 10 s.

    Args:
        items: to go through.
        what: name of the bar.
        total: number of items; ``None`` where it is not known.
        unit: of the count, e.g. photos.
    """
    from tqdm import tqdm

    seconds = 0.1 if sys.stderr.isatty() else 10.0
    return iter(tqdm(items, desc=what, total=total, unit=f" {unit}", mininterval=seconds, maxinterval=seconds))
