"""Folders walked: every file once, links followed, without end where they lead back; and names that can be shown."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def walk(folder: Path, *, leaves_out: Callable[[str], bool], failed: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield what lies in ``folder`` and its subfolders and is no folder, whatever else it is.

    Linked folders are entered after all others, and no folder is entered twice: so each keeps its own path, and a link
    that leads back ends the way.

    Args:
        folder: an existing folder.
        leaves_out: tells of a name, of a file or a subfolder, whether it is passed over.
        failed: is given the error of each folder that cannot be listed.
    """
    waiting, links, entered = [folder], list[Path](), set[str]()
    while waiting or links:
        here = waiting.pop() if waiting else links.pop(0)
        real = os.path.realpath(here)
        if real in entered:
            continue
        entered.add(real)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            failed(error)
            continue
        for entry in entries:
            if leaves_out(entry.name):
                continue
            path = here / entry.name
            if _is_folder(entry):
                (links if entry.is_symlink() else waiting).append(path)
            else:
                yield path


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def printable(text: str) -> str:
    """A name or path as it may be shown: bytes that are no UTF-8 read as Latin-1, unseen signs written as escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = os.fsencode(text).decode("latin-1")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
