"""Layout of a dataset on disk: its record in the catalogue, and the checks of a folder against it."""

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from crackpipe.data.photo import RawPhoto
from crackpipe.errors import DatasetError, PhotoError
from crackpipe.files import folders
from crackpipe.imaging.picture_files import names

PICTURES = names.READ | names.RAW
"""Suffixes, in lower case, that a picture may have."""

LARGEST_BYTES = 4 * 2**30
"""Size of a file from which it is not read: it would not fit into memory, decoded."""

_SHOWN = 10
_SPECIAL = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}


@dataclass(frozen=True, slots=True)
class Dataset:
    """One entry of the catalogue.

    Attributes:
        name: its name in ``params.yaml``, and its folder's under ``ingest.raw``.
        description: photographs, their size, and their ground truth, in a line.
        layout: the folders and files that it has, as shown in errors.
        availability: where its authors offer it.
        licence: its authors' terms, or "none stated".
        citation: the paper or page to cite, or "none".
        has_masks: every photograph must have a mask; one without is rejected.
        read: lists the photographs of a folder, sorted; raises DatasetError if the folder is laid out otherwise.
    """

    name: str
    description: str
    layout: str
    availability: str
    licence: str
    citation: str
    has_masks: bool
    read: Callable[[Path], Iterator[RawPhoto]]


def expect(folder: Path, *, any_of: Sequence[str], layout: str) -> list[str]:
    """Return those of the entries ``any_of`` that ``folder`` holds.

    Args:
        folder: of a dataset.
        any_of: paths from there, at least one; a following / asks for a folder.
        layout: the dataset's, for the error.

    Raises:
        DatasetError: it holds none of them; the text shows ``layout`` and what lies there instead.
    """
    present = [
        name for name in any_of if ((folder / name).is_dir() if name.endswith("/") else (folder / name).is_file())
    ]
    if not present:
        refuse(folder, fault=f"none of {', '.join(any_of)} is here", layout=layout)
    return present


def refuse(folder: Path, *, fault: str, layout: str) -> NoReturn:
    """Raise the error of a folder that is missing or of another layout.

    Args:
        folder: its content is shown.
        fault: what is wrong with it.
        layout: the layout that is expected.

    Raises:
        DatasetError: always.
    """
    if folder.is_dir():
        names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in folder.iterdir())
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        found = f"{', '.join(names[:_SHOWN])}{more}" if names else "nothing: the folder is empty"
    else:
        found = "no such folder"
    expected = "\n".join(f"    {line}" for line in layout.strip().splitlines())
    raise DatasetError(
        f"{folder}: {fault}\n  expected:\n{expected}\n  found: {found}\n  put the dataset there as shown"
    )


def files(folder: Path) -> list[Path]:
    """List the files in ``folder`` and its subfolders, linked ones too, sorted by their path.

    Hidden files and what file managers leave (`Thumbs.db`, `@eaDir`) are left out.

    Raises:
        DatasetError: a folder cannot be listed.
    """

    def refused(error: OSError) -> None:
        raise DatasetError(f"{error.filename}: cannot be listed: {error.strerror}; allow it, or take the folder away")

    found = folders.walk(folder, leaves_out=names.is_clutter, failed=refused)
    return sorted(path for path in found if path.is_file())


def by_stem(folder: Path, *, suffixes: frozenset[str] = PICTURES) -> dict[str, Path]:
    """Map the stems of the files of ``folder`` itself that have one of ``suffixes`` to their paths, sorted."""
    return {
        path.stem: path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in suffixes and not names.is_clutter(path.name) and path.is_file()
    }


def read_bytes(path: Path) -> bytes:
    """Read a file; what it is, and its size, are looked at before it is opened.

    Raises:
        PhotoError: it is missing, cannot be read, is no file, or is of ``LARGEST_BYTES`` or more.
    """
    name, fault = folders.printable(f"{path.parent.name}/{path.name}"), unreadable(path)
    if fault:
        raise PhotoError(f"{name} {fault}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{name} cannot be read: {error.strerror}") from error


def unreadable(path: Path, *, of_any_size: bool = False) -> str:
    """Reason for which a file's bytes cannot be read, seen without opening it; empty where they may be.

    A pipe is never opened, for that waits until somebody writes.

    Args:
        path: of the file.
        of_any_size: whether it may be of ``LARGEST_BYTES`` or more, for it is read in windows.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return "is a link to a file that is not there" if path.is_symlink() else "is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    for is_kind, kind in _SPECIAL.items():
        if is_kind(found.st_mode):
            return f"is {kind}, expected a file; name a photograph"
    if found.st_size >= LARGEST_BYTES and not of_any_size:
        return (
            f"is a file of {found.st_size / 2**30:.1f} GiB, expected less than {LARGEST_BYTES / 2**30:g} GiB; cut the "
            "picture into smaller ones"
        )
    return ""
