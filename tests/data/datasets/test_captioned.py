"""Captioned photographs: every row is read, or rejected with its line number."""

from pathlib import Path

import pytest

from crackpipe.data.datasets import captioned
from crackpipe.data.photo import Attributes, RawPhoto
from crackpipe.errors import DatasetError, PhotoError


def rows(folder: Path, text: str) -> list[RawPhoto]:
    (folder / "captions.csv").write_text(text, encoding="utf-8")
    return list(captioned.read(folder))


def fault(photo: RawPhoto) -> str:
    with pytest.raises(PhotoError) as caught:
        photo.read_image()
    return str(caught.value)


def test_a_full_row_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.jpg").write_bytes(b"bytes")
    (photo,) = rows(
        tmp_path,
        "image,split,caption,damage,location,soundness,measure,label,group\n"
        'images/a.jpg,val,"Cracks, wide.",wide crack|leak,main girder,iii,c1,1,bridge 7\n',
    )
    assert (photo.name, photo.own_split, photo.caption, photo.label, photo.group) == (
        "images/a",
        "val",
        "Cracks, wide.",
        1,
        "bridge 7",
    )
    assert photo.attributes == Attributes(("wide crack", "leak"), ("main girder",), "Ⅲ", "C1")
    assert photo.read_image() == b"bytes"


def test_a_caption_is_composed_where_only_attributes_are_given(tmp_path: Path) -> None:
    (photo,) = rows(tmp_path, "image,damage,location,soundness\na.jpg,crack,wall,II\n")
    assert photo.caption == "Crack is observed in the wall. The soundness rating is Ⅱ."
    assert (photo.own_split, photo.label) == (None, None)


def test_varied_copies_of_a_photograph_are_one_group(tmp_path: Path) -> None:
    photos = rows(tmp_path, "image,caption\nx/a.jpg,c\nx/a_aug1.jpg,c\nx/a_aug12.jpg,c\nx/august.jpg,c\n")
    assert [photo.group for photo in photos] == ["x/a", "x/a", "x/a", "x/august"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "a.jpg,,,,V,,,",
            "soundness: got 'V', expected one of Ⅰ, Ⅱ, Ⅲ, Ⅳ (or I, II, III, IV); leave it empty if unknown",
        ),
        (
            "a.jpg,,,,,Z,,",
            "measure: got 'Z', expected one of A, B, C1, C2, E1, E2, M, S1, S2; leave it empty if unknown",
        ),
        ("a.jpg,c,,,,,training,", "split: got 'training', expected train, val, test or nothing"),
        ("a.jpg,c,,,,,,yes", "label: got 'yes', expected 1 (crack), 0 (none) or nothing"),
        (",c,,,,,,", "image: got '.', expected a path inside this folder"),
        ("../a.jpg,c,,,,,,", "image: got '../a.jpg', expected a path inside this folder"),
        ("/etc/a.jpg,c,,,,,,", "image: got '/etc/a.jpg', expected a path inside this folder"),
        ("a.jpg,c,,,,,,,more", "more cells than the header has columns; put a text that holds a comma in quotes"),
        (
            "a.jpg,,crack,,,,,",
            "no caption, and none can be composed: it needs damage and location, soundness or measure",
        ),
    ],
)
def test_a_bad_row_is_rejected_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    header = "image,caption,damage,location,soundness,measure,split,label\n"
    good, bad, after = rows(tmp_path, f"{header}good.jpg,c,,,,,,\n{row}\nafter.jpg,c,,,,,,\n")
    assert (good.name, after.name) == ("good", "after")
    assert fault(bad) == f"captions.csv line 3: {reason}"


def test_a_row_that_ends_early_has_empty_cells(tmp_path: Path) -> None:
    (photo,) = rows(tmp_path, "image,caption,damage\na.jpg,c\n")
    assert photo.attributes == Attributes()


def test_a_photograph_that_is_not_there_is_rejected(tmp_path: Path) -> None:
    (photo,) = rows(tmp_path, "image,caption\nimages/a.jpg,c\n")
    assert fault(photo) == "images/a.jpg is not there"


def test_a_table_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (photo,) = rows(tmp_path, "\ufeffimage,caption\na.jpg,c\n")
    assert photo.name == "a"


def test_missing_columns_and_other_encodings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"captions\.csv has the columns image, text\n  expected:"):
        rows(tmp_path, "image,text\na.jpg,c\n")
    with pytest.raises(DatasetError, match=r"captions\.csv has the columns \(none\)"):
        rows(tmp_path, "")
    (tmp_path / "captions.csv").write_bytes("image,caption\na.jpg,Brücke\n".encode("latin-1"))
    with pytest.raises(DatasetError, match=r"captions\.csv is not UTF-8"):
        list(captioned.read(tmp_path))
