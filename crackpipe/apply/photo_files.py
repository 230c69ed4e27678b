"""A user's photographs among files and folders: each with a name for its results, or with the reason against it."""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crackpipe.data.datasets import layout
from crackpipe.errors import CrackpipeError
from crackpipe.files import folders
from crackpipe.imaging.picture_files import names

NAME_BYTES = 200
"""Length of a part of a name; what is appended to it must fit into a file system's 255."""

TIFF = frozenset({".tif", ".tiff"})

_FORBIDDEN = frozenset('/\\:*?"<>|')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_MARK_BYTES = 4  # of the digest that tells two names apart


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photograph on disk.

    Attributes:
        path: as it was named, or found.
        name: of its results: relative, without the photograph's suffix, / between folders. Of one listing no two are
            equal, not even on disks that ignore case; each part is printable, safe on every system, and at most
            ``NAME_BYTES`` bytes long in UTF-8.
        reason: why it cannot be read; empty where it may be.
    """

    path: Path
    name: str
    reason: str = ""


def listed(paths: Sequence[Path], *, leave_out: Path) -> list[PhotoFile]:
    """List the photographs among files and folders, sorted within each folder; no file is opened.

    Of a folder, files that are pictures by their suffix are listed, also where they cannot be read (camera RAW without
    rawpy, a film, a pipe): then with a reason. Files of other kinds, hidden files and what file managers leave are
    passed over, and so is all in ``leave_out`` if that lies below. A file that is named itself is listed whatever its
    suffix. A name depends on the paths alone: two listings of the same files agree.

    Args:
        paths: files and folders.
        leave_out: folder of the results.

    Raises:
        CrackpipeError: a path is not there.
    """
    found: dict[str, tuple[Path, tuple[str, ...], str]] = {}
    several = sum(path.is_dir() for path in paths) > 1
    for path in paths:
        if path.is_dir():
            own = (path.resolve().name,)
            entries = [
                (file, (own if several else ()) + file.relative_to(path).parts or own, reason)
                for file, reason in _in_folder(path, leave_out)
            ]
        elif os.path.lexists(path):
            entries = [(path, (path.name,), _reason(path))]
        else:
            raise CrackpipeError(
                f"{folders.printable(str(path))}: not found; name photographs, or folders that hold some"
            )
        for entry in entries:
            found.setdefault(str(entry[0].absolute()), entry)
    given = _unique([(path, parts) for path, parts, _ in found.values()])
    return [PhotoFile(path, name, reason) for (path, _, reason), name in zip(found.values(), given, strict=True)]


def _in_folder(folder: Path, leave_out: Path) -> list[tuple[Path, str]]:
    failures: list[tuple[Path, str]] = []

    def failed(error: OSError) -> None:
        failures.append((Path(error.filename), f"is a folder that cannot be listed: {error.strerror}"))

    results, root = Path(os.path.realpath(leave_out)), Path(os.path.realpath(folder))
    below = results != root and results.is_relative_to(root)
    files = [
        (path, _reason(path))
        for path in folders.walk(folder, leaves_out=names.is_clutter, failed=failed)
        if names.may_be_picture(path) and not (below and Path(os.path.realpath(path)).is_relative_to(results))
    ]
    return sorted(files + failures)


def _reason(path: Path) -> str:
    """Why a file cannot be read; a TIFF may be of any size, for orthomosaics are read in windows."""
    return layout.unreadable(path, of_any_size=path.suffix.lower() in TIFF) or names.unreadable(path)


def _unique(entries: Sequence[tuple[Path, tuple[str, ...]]]) -> list[str]:
    """Name the entries: without their suffix; those that would share a name with it, or, if need be, with a digest."""
    ways = [
        [_safe((*parts[:-1], Path(parts[-1]).stem)) for _, parts in entries],
        [_safe(parts) for _, parts in entries],
        [_marked(parts, of="/".join(parts)) for _, parts in entries],
        [_marked(parts, of=str(path)) for path, parts in entries],
    ]
    given = ways[0]
    for way in ways[1:]:
        times = Counter(map(_key, given))
        given = [way[number] if times[_key(name)] > 1 else name for number, name in enumerate(given)]
    return given


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _safe(parts: Sequence[str]) -> str:
    """Join parts of a path, each made safe; a digest marks a name that had to be changed."""
    safe = tuple(map(_part, parts))
    return "/".join(safe) if safe == tuple(parts) else _marked(parts, of="/".join(parts))


def _marked(parts: Sequence[str], *, of: str) -> str:
    mark = hashlib.blake2b(os.fsencode(of), digest_size=_MARK_BYTES).hexdigest()
    *folder, last = map(_part, parts)
    return "/".join([*folder, f"{_cut(last, NAME_BYTES - 1 - len(mark))}-{mark}"])


def _part(part: str) -> str:
    text = folders.printable(part)
    text = "".join("_" if sign in _FORBIDDEN or not sign.isprintable() else sign for sign in text)
    text = _cut(text, NAME_BYTES).strip(" .") or "_"
    return f"_{text}" if text.split(".")[0].lower() in _DEVICES else text


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
