"""The journal of a survey: a line for each photograph that is done, appended as soon as it is.

The 50 000th photograph costs what the first did, and a kill at any moment loses the photograph at hand alone: a line
that was cut short is passed over, and its photograph is looked at again.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FILE = "inspected.jsonl"
READ_BYTES = 2**22  # of a file at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a photograph.

    Attributes:
        name: stem of its outputs.
        photo: its path, as given.
        stamp: size in bytes and time of change (ns) of its file: where both are as they were, so is the file.
        digest: of its bytes.
        segmenter: digest of what made its mask.
        measurer: digest of what measured the cracks of the mask.
        row: of the table of photographs.
        cracks: rows of the table of cracks, each with its centre-lines under ``lines``.
    """

    name: str
    photo: str
    stamp: tuple[int, int]
    digest: str
    segmenter: str
    measurer: str
    row: dict[str, Any]
    cracks: list[dict[str, Any]]


def digest(data: bytes) -> str:
    """Digest of a photograph's bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def digest_of(photo: Path) -> str:
    """Digest of the bytes of a file of any size.

    Raises:
        OSError: it cannot be read.
    """
    found = hashlib.blake2b(digest_size=16)
    with photo.open("rb") as file:
        while part := file.read(READ_BYTES):
            found.update(part)
    return found.hexdigest()


class Journal:
    """The entries in a folder, the last of each name.

    Args:
        folder: of the survey; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._entries: dict[str, Entry] = {}
        self._begun: set[str] = set()
        lines = self._path.read_bytes().split(b"\n") if self._path.is_file() else []
        self._torn = bool(lines and lines[-1])
        for line in lines:
            found = _read(line)
            if isinstance(found, Entry):
                self._entries[found.name] = found
            elif found is not None:
                self._begun.add(found)

    def begin(self, name: str) -> None:
        """Note that results of this name are being written: a kill may leave some without an entry."""
        if name not in self._begun:
            self._append({"begun": name})
            self._begun.add(name)

    def has_begun(self, name: str) -> bool:
        """Whether results of this name are the survey's own."""
        return name in self._begun

    def unchanged(self, name: str, photo: Path) -> Entry | None:
        """The entry of a photograph whose file is as it was; its bytes are read where its stamp alone has changed.

        Raises:
            OSError: the file cannot be read.
        """
        entry = self._entries.get(name)
        if entry is None:
            return None
        now = stamp(photo)
        if entry.stamp == now:
            return entry
        if entry.stamp[0] != now[0] or digest_of(photo) != entry.digest:
            return None
        return replace(entry, stamp=now)

    def add(self, entry: Entry) -> None:
        """Append an entry; it takes the place of an earlier one of its name."""
        self._append(asdict(entry))
        self._entries[entry.name] = entry

    def _append(self, values: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(b"\n" * self._torn + json.dumps(values, separators=(",", ":")).encode() + b"\n")
        self._torn = False


def stamp(photo: Path) -> tuple[int, int]:
    """Size and time of change of a file."""
    found = photo.stat()
    return found.st_size, found.st_mtime_ns


def _read(line: bytes) -> Entry | str | None:
    """An entry, the name of one that was begun, or ``None`` for a line that was cut short."""
    try:
        values = json.loads(line)
        if "begun" in values:
            return str(values["begun"])
        return Entry(**values | {"stamp": tuple(values["stamp"])})
    except (ValueError, TypeError, KeyError):
        return None
