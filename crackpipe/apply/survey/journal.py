"""The journal of a survey: a line for each photograph that is done, appended as soon as it is.

The 50 000th photograph costs what the first did, and a kill at any moment loses the photograph at hand alone: a line
that was cut short is passed over, and its photograph is looked at again.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError

FILE = "inspected.jsonl"
NAME, BEGUN = "name", "begun"  # first keys of the lines of an entry, and of one that was begun
_DECODER = json.JSONDecoder()
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
    """The entries in a folder, the last of each name; in memory are their places in the file alone.

    Several threads may append.

    Args:
        folder: of the survey; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._places: dict[str, tuple[int, int]] = {}  # first byte, and bytes
        self._begun: set[str] = set()
        self._appending = threading.Lock()  # a place is where the file ends before its line
        if self._path.is_file():
            with self._path.open("rb") as file:
                start = 0
                for line in file:
                    self._note(line, start)
                    start += len(line)

    def claim(self, results: Iterable[str]) -> None:
        """Make the folder the survey's own; one without a journal must hold none of its results.

        Args:
            results: names of files that the survey writes whatever the photographs are.

        Raises:
            CrackpipeError: one of them is there, or the folder cannot be written.
        """
        if self._path.is_file():
            return
        for path in (self._path.with_name(name) for name in results):
            if path.exists():
                raise CrackpipeError(
                    f"{path}: is there and is none of this survey's results; name another folder with --out"
                )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
        except OSError as error:
            raise CrackpipeError(
                f"{self._path.parent}: cannot be written ({error.strerror}); give access, or name another folder with "
                "--out"
            ) from error

    def begin(self, name: str) -> None:
        """Note that results of this name are being written: a kill may leave some without an entry."""
        if name not in self._begun:
            self._append({BEGUN: name})

    def has_begun(self, name: str) -> bool:
        """Whether results of this name are the survey's own."""
        return name in self._begun

    def unchanged(self, name: str, photo: Path) -> Entry | None:
        """The entry of a photograph whose file is as it was, with its present path.

        Its bytes are read where its stamp has changed; where they are the same the new stamp is kept.

        Raises:
            OSError: the file cannot be read.
        """
        entry = self._entry(name)
        if entry is None:
            return None
        now = stamp(photo)
        if entry.stamp != now and (entry.stamp[0] != now[0] or digest_of(photo) != entry.digest):
            return None
        present = replace(entry, photo=str(photo), stamp=now, row=entry.row | {"photo": str(photo)})
        if present != entry:
            self.add(present)
        return present

    def add(self, entry: Entry) -> None:
        """Append an entry; it takes the place of an earlier one of its name."""
        self._append(asdict(entry))

    def entries(self, names: Iterable[str]) -> Iterator[Entry]:
        """Read the entries of these names, one at a time.

        Raises:
            CrackpipeError: one is not there.
        """
        for name in names:
            entry = self._entry(name)
            if entry is None:
                raise CrackpipeError(f"{self._path}: the entry of {name} is gone; run the command again")
            yield entry

    def _entry(self, name: str) -> Entry | None:
        if name not in self._places:
            return None
        start, length = self._places[name]
        with self._path.open("rb") as file:
            file.seek(start)
            line = file.read(length)
        try:
            values = json.loads(line)
            return Entry(**values | {"stamp": tuple(values["stamp"])})
        except (ValueError, TypeError, KeyError):  # it was cut short
            return None

    def _append(self, values: dict[str, Any]) -> None:
        line = json.dumps(values, separators=(",", ":")).encode() + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._appending, self._path.open("ab+") as file:
            start = file.seek(0, os.SEEK_END)
            if start:
                file.seek(start - 1)
                if file.read(1) != b"\n":  # a line that was cut short
                    start += file.write(b"\n")
            file.write(line)
        self._note(line, start)

    def _note(self, line: bytes, start: int) -> None:
        """Note the name of a line, which comes first in it; the rest is read when it is asked for."""
        for kind in (NAME, BEGUN):
            head = f'{{"{kind}":'
            if line.startswith(head.encode()):
                try:
                    name, _ = _DECODER.raw_decode(line.decode(), len(head))
                except ValueError:  # it was cut short
                    return
                self._begun.add(name)
                if kind == NAME:
                    self._places[name] = start, len(line)


def stamp(photo: Path) -> tuple[int, int]:
    """Size and time of change of a file."""
    found = photo.stat()
    return found.st_size, found.st_mtime_ns
