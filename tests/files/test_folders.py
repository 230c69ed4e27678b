"""Folders with links, loops and odd names."""

import os
from pathlib import Path

from crackpipe.files import folders


def walked(folder: Path, *, leaves_out: str = "") -> list[str]:
    failures: list[OSError] = []
    found = folders.walk(folder, leaves_out=lambda name: name == leaves_out, failed=failures.append)
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    assert not failures
    return names


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    (tmp_path / "site/deep").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "site/deep/a.jpg").touch()
    (tmp_path / "elsewhere/b.jpg").touch()
    (tmp_path / "site/back").symlink_to(tmp_path / "site")
    (tmp_path / "site/again").symlink_to(tmp_path / "site/deep")  # before `deep`, but `deep` keeps its path
    (tmp_path / "site/other").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/home").symlink_to(tmp_path / "site")
    assert walked(tmp_path / "site") == ["deep/a.jpg", "other/b.jpg"]


def test_files_and_folders_that_are_left_out_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir/a.jpg").touch()
    (tmp_path / "a.jpg").touch()
    assert walked(tmp_path, leaves_out="@eaDir") == ["a.jpg"]


def test_what_is_no_file_is_yielded_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    assert walked(tmp_path) == ["gone.jpg", "pipe.jpg", "self.jpg"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    failures: list[OSError] = []
    assert not list(folders.walk(tmp_path / "gone", leaves_out=lambda _: False, failed=failures.append))
    assert [error.filename for error in failures] == [str(tmp_path / "gone")] or len(failures) == 1


def test_names_can_be_shown_whatever_their_bytes() -> None:
    assert folders.printable("Brücke 1.jpg") == "Brücke 1.jpg"
    assert folders.printable(os.fsdecode(b"Br\xfccke.jpg")) == "Brücke.jpg"
    assert folders.printable("a\nb\x1b.jpg") == "a\\nb\\x1b.jpg"
