"""A folder as it comes from the field: nothing passed over in silence, nothing opened, every name safe and unique."""

import os
import socket
import sys
from pathlib import Path

import pytest

from crackpipe.apply import photo_files
from crackpipe.apply.photo_files import PhotoFile
from crackpipe.errors import CrackpipeError


def listed(*paths: Path, out: Path = Path("results")) -> list[PhotoFile]:
    return photo_files.listed(paths, leave_out=out)


def names(*paths: Path, out: Path = Path("results")) -> list[str]:
    return [photo.name for photo in listed(*paths, out=out)]


def reasons(folder: Path) -> dict[str, str]:
    return {photo.path.name: photo.reason for photo in listed(folder)}


def touch(folder: Path, *inside: str | bytes) -> None:
    for name in inside:
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_pictures_are_listed_in_order_with_names_relative_to_the_folder(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.tif", "deep/c.heic", "notes.txt", "table.csv", "report.pdf", "coco.json")
    assert [(photo.path, photo.name, photo.reason) for photo in listed(tmp_path)] == [
        (tmp_path / "a.tif", "a", ""),
        (tmp_path / "b.JPG", "b", ""),
        (tmp_path / "deep/c.heic", "deep/c", ""),
    ]


def test_what_file_managers_leave_is_passed_over(tmp_path: Path) -> None:
    clutter = ["._a.jpg", "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", ".thumbnails/a.jpg", "Thumbs.db", "__MACOSX/a.jpg"]
    touch(tmp_path, "a.jpg", *clutter)
    assert names(tmp_path) == ["a"]


def test_pictures_that_cannot_be_read_are_listed_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.CR2", "b.psd", "c.mp4")
    monkeypatch.setitem(sys.modules, "rawpy", None)
    found = reasons(tmp_path)
    assert found["a.CR2"].startswith(
        "camera RAW (.cr2), which needs rawpy; install it with `pip install 'crackpipe[raw]'`"
    )
    assert found["b.psd"] == ".psd cannot be read; export the picture as JPEG, PNG or TIFF"
    assert found["c.mp4"] == ".mp4 is a film; save pictures of it as JPEG, PNG or TIFF"


def test_camera_raw_may_be_read_where_rawpy_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    touch(tmp_path, "a.dng")
    assert reasons(tmp_path) == {"a.dng": ""}


def test_what_is_no_file_is_refused_without_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's address is short
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        assert reasons(tmp_path) == {
            "pipe.jpg": "is a pipe, expected a file; name a photograph",
            "self.jpg": "cannot be read: Too many levels of symbolic links",
            "gone.jpg": "is a link to a file that is not there",
            "zero.jpg": "is a device, expected a file; name a photograph",
            "socket.jpg": "is a socket, expected a file; name a photograph",
        }


def test_a_file_of_40_gib_is_refused_by_its_size_unless_it_is_a_tiff(tmp_path: Path) -> None:
    for name in ("mosaic.jpg", "mosaic.tif"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(40 * 2**30)
    said = "is a file of 40.0 GiB, expected less than 4 GiB; cut the picture into smaller ones"
    assert reasons(tmp_path) == {"mosaic.jpg": said, "mosaic.tif": ""}  # a TIFF may be an orthomosaic


def test_two_photographs_of_one_stem_have_two_names(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.tif", "b.jpg")
    assert names(tmp_path) == ["a.jpg", "a.tif", "b"]


def test_names_differ_where_case_is_ignored_and_in_any_unicode_form(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "A.jpg", "é.jpg", "e\u0301.jpg")
    found = names(tmp_path)
    assert len({name.casefold() for name in found}) == 4
    assert found == names(tmp_path)


@pytest.mark.parametrize(
    "name", [b"Br\xfccke.jpg", b"a\nb.jpg", b"x" * 246 + b".jpg", "ü".encode() * 123 + b".jpg", b"con.jpg", b" .jpg",
             b"a:b*c?.jpg", b"\x1b[31m.jpg", b"-rf.jpg", b"trailing. .jpg"],
)  # fmt: skip
def test_any_name_becomes_one_that_every_system_takes(tmp_path: Path, name: bytes) -> None:
    touch(tmp_path / "photos", name)
    (photo,) = listed(tmp_path / "photos")
    assert photo.reason == ""
    assert photo.path.read_bytes() == b""
    assert photo.name.isprintable()
    assert len(photo.name.encode()) <= photo_files.NAME_BYTES
    assert not set(photo.name) & set('/\\:*?"<>|\n')
    assert photo.name.split(".")[0].lower() not in {"con", ""}
    (tmp_path / f"{photo.name}.crack.mask.png").touch()


def test_names_do_not_depend_on_where_the_folder_lies(tmp_path: Path) -> None:
    inside = [b"Br\xfccke.jpg", b"a\nb.jpg", b"x" * 246 + b".jpg", b"A.jpg", b"a.jpg", b"deep/c.jpg"]
    for folder in ("one", "two/three"):
        touch(tmp_path / folder, *inside)
    assert names(tmp_path / "one") == names(tmp_path / "two/three")


def test_two_folders_keep_their_photographs_apart(tmp_path: Path) -> None:
    touch(tmp_path, "north/a.jpg", "south/a.jpg", "x/photos/a.jpg", "y/photos/a.jpg")
    assert names(tmp_path / "north", tmp_path / "south") == ["north/a", "south/a"]
    assert len(set(names(tmp_path / "x/photos", tmp_path / "y/photos"))) == 2


def test_a_photograph_that_is_named_twice_is_listed_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    assert names(tmp_path / "a.jpg", tmp_path) == ["a"]


def test_a_file_that_is_named_is_listed_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    assert names(tmp_path / "a.txt") == ["a"]


def test_results_below_the_folder_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "results/a.crack.jpg")
    assert names(tmp_path, out=tmp_path / "results") == ["a"]
    assert names(tmp_path / "results", out=tmp_path / "results") == ["a.crack"]


def test_links_to_folders_are_followed_and_loops_end(tmp_path: Path) -> None:
    touch(tmp_path, "site/a.jpg", "card/b.jpg")
    (tmp_path / "site/card").symlink_to(tmp_path / "card")
    (tmp_path / "site/loop").symlink_to(tmp_path / "site")
    assert names(tmp_path / "site") == ["a", "card/b"]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.jpg", "locked/b.jpg")
    scandir = os.scandir

    def refuse(folder: Path) -> object:  # root, who runs tests, may list every folder
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert reasons(tmp_path) == {"a.jpg": "", "locked": "is a folder that cannot be listed: Permission denied"}


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match=r"gone\\nfile: not found; name photographs, or folders that hold some"):
        listed(tmp_path / "gone\nfile")
