"""How one comparison runs alone: `python -m benchmarks.NAME [--photos N] [--data DIR]`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import table
from benchmarks.table import Section


def run(compare: Callable[..., Section], *, photos: int, about: str | None) -> None:
    """Run ``compare(photos=…, data=…)`` and print its table.

    Args:
        photos: the default of ``--photos``.
        about: the module's docstring; its first line is the help text.

    Raises:
        SystemExit: with status 1 where a bar is missed.
    """
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--photos", type=int, default=photos, help=f"how many photographs (default: {photos})")
    add_data(parser)
    given = parser.parse_args()
    section = compare(photos=given.photos, data=given.data)
    print(table.markdown(section))
    fail_if_missed([section])


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--data``."""
    parser.add_argument("--data", type=Path, help="folder that holds crack500/ (default: drawn photographs)")


def fail_if_missed(sections: list[Section]) -> None:
    """Say which bars are missed.

    Raises:
        SystemExit: with status 1 where there is one.
    """
    if missed := table.missed(sections):
        sys.stderr.write("".join(f"bar missed: {name}\n" for name in missed))
        raise SystemExit(1)
