"""Files that a command writes where a user says: never over an input, and over no other file than an earlier result."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from crackpipe.errors import CrackpipeError


def expect_own(out: Path, *, table: Path, columns: Sequence[str]) -> None:
    """Check that a file that is to be written is new, or an earlier result, which has its table beside it or is it.

    Args:
        out: file to write.
        table: CSV of the same command, ``out`` itself or beside it.
        columns: of that table, by which it is known.

    Raises:
        CrackpipeError: it is another file.
    """
    known = table.is_file() and _heading(table) == ",".join(columns)
    for path in (out, table):
        if path.exists() and not known:
            raise CrackpipeError(f"{path}: is there and is no result of this command; name another file with --out")


def expect_none_of(inputs: Iterable[Path], *, out: Path) -> None:
    """Check that a file that is to be written is none of those that are read.

    Raises:
        CrackpipeError: it is one of them.
    """
    place = out.resolve()
    if any(path.resolve() == place for path in inputs):
        raise CrackpipeError(f"{out}: is one of the photographs; name another file with --out")


def _heading(path: Path) -> str:
    with path.open("rb") as file:
        return file.readline(4096).decode("utf-8", errors="replace").rstrip("\r\n")
