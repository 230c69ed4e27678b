"""Folders checked against the layout that a dataset should have."""

import os
from pathlib import Path

import pytest

from crackpipe.data.datasets import layout
from crackpipe.errors import DatasetError, PhotoError


def test_expect_returns_what_is_there_and_tells_files_from_folders(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").write_text("a file")
    assert layout.expect(tmp_path, any_of=["images/", "masks/"], layout="x") == ["images/"]


def test_another_layout_shows_what_was_expected_and_found(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "readme.txt").write_text("")
    with pytest.raises(DatasetError) as caught:
        layout.expect(tmp_path, any_of=["images/"], layout="\nimages/NAME.jpg\n    crops\n")
    assert str(caught.value) == (
        f"{tmp_path}: none of images/ is here\n"
        "  expected:\n    images/NAME.jpg\n        crops\n"
        "  found: img/, readme.txt\n"
        "  put the dataset there as shown"
    )


def test_only_ten_entries_of_a_long_folder_are_shown(tmp_path: Path) -> None:
    for index in range(13):
        (tmp_path / f"{index:02d}.txt").write_text("")
    with pytest.raises(DatasetError, match=r"found: 00\.txt, .*09\.txt and 3 more"):
        layout.expect(tmp_path, any_of=["images/"], layout="x")


def test_a_missing_and_an_empty_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="found: no such folder"):
        layout.refuse(tmp_path / "nowhere", fault="x", layout="y")
    with pytest.raises(DatasetError, match="found: nothing: the folder is empty"):
        layout.refuse(tmp_path, fault="x", layout="y")


def test_files_are_sorted_over_subfolders_without_hidden_files_and_clutter(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("z.jpg", "b/a.heic", ".DS_Store", "Thumbs.db", ".git/config"):
        (tmp_path / name).write_text("")
    assert layout.files(tmp_path) == [tmp_path / "b/a.heic", tmp_path / "z.jpg"]


def test_by_stem_takes_suffixes_in_any_case(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "list.txt", ".hidden.png"):
        (tmp_path / name).write_text("")
    assert list(layout.by_stem(tmp_path)) == ["a", "b"]


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"^masks/a\.png is not there$"):
        layout.read_bytes(tmp_path / "masks" / "a.png")
    with pytest.raises(PhotoError, match="cannot be read: Is a directory"):
        layout.read_bytes(tmp_path)


def test_a_pipe_and_a_file_of_40_gib_are_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PhotoError, match=r"pipe\.jpg is a pipe, expected a file"):
        layout.read_bytes(tmp_path / "pipe.jpg")
    with (tmp_path / "big.tif").open("wb") as file:
        file.truncate(40 * 2**30)
    with pytest.raises(PhotoError, match=r"big\.tif is a file of 40\.0 GiB, expected less than 4 GiB"):
        layout.read_bytes(tmp_path / "big.tif")


def test_files_follow_links_once_and_leave_thumbnails_out(tmp_path: Path) -> None:
    for name in ("site/a.jpg", "site/@eaDir/a.jpg", "card/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "site/card").symlink_to(tmp_path / "card")
    (tmp_path / "site/loop").symlink_to(tmp_path / "site")
    assert layout.files(tmp_path / "site") == [tmp_path / "site/a.jpg", tmp_path / "site/card/b.jpg"]
