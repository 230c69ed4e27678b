"""Layout of a dataset on disk: its record in the catalogue, and the checks of a folder against it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from crackpipe.data.photo import RawPhoto
from crackpipe.errors import DatasetError, PhotoError

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
"""Suffixes, in lower case, that a picture may have."""

_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})  # left by file managers, beside hidden files
_SHOWN = 10


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
    """List the files in ``folder`` and its subfolders, sorted by their path; hidden files are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name.lower() not in _CLUTTER
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def by_stem(folder: Path, *, suffixes: frozenset[str] = PICTURES) -> dict[str, Path]:
    """Map the stems of the files of ``folder`` itself that have one of ``suffixes`` to their paths, sorted."""
    return {
        path.stem: path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()
    }


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        PhotoError: it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PhotoError(f"{Path(path.parent.name, path.name)} is not there") from error
    except OSError as error:
        raise PhotoError(f"{path.parent.name}/{path.name} cannot be read: {error.strerror}") from error
