"""Photographs and their localisation maps, joined; and the rows of labels that come out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import stream

MASK = np.zeros((6, 8), bool)
MASK[2, 1:7] = True


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photographs of one level each; the second has no mask."""
    rows = [
        {
            "photo_id": f"s/{name}",
            "source": "s",
            "split": "train",
            "group_id": name,
            "height_px": 6,
            "width_px": 8,
            "image": images.encode_rgb(np.full((6, 8, 3), level, np.uint8)),
            "mask": None if name == "b" else images.encode_mask(MASK),
            "label": None,
            "caption": None,
            "attributes": None,
            "mm_per_px": None,
        }
        for level, name in enumerate("abc", start=1)
    ]
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, rows)
    return tmp_path / "photos"


@pytest.fixture
def gathered(tmp_path: Path) -> Callable[[str], Path]:
    """Write localisation maps of the photographs whose letters are given."""

    def write(names: str) -> Path:
        cells = images.encode_unit16(np.zeros((1, 1), np.float32))
        rows = [
            {"photo_id": f"s/{name}", "kind": kind, "cell_px": 32, "cells": cells}
            for name in names
            for kind in ("cam", "patch_64")
        ]
        parquet.write_shards(tmp_path / "localisation_maps", schemas.LOCALISATION_MAPS, rows)
        return tmp_path / "localisation_maps"

    return write


def items(photos: Path, localisation_maps: Path, **changed: object) -> list[stream.Item]:
    settings = {"crack_free_patches": {}, "workers": 2, "what": "test", "wanted": None} | changed
    return list(stream.items(photos, localisation_maps, **settings))


def test_each_photograph_meets_its_own_localisation_maps(photos: Path, gathered: Callable[[str], Path]) -> None:
    joined = items(photos, gathered("abc"))
    assert [item.key for item in joined] == ["s/a", "s/b", "s/c"]
    for level, item in enumerate(joined, start=1):
        assert item.image.shape == (6, 8, 3)
        assert (item.image == level).all()
        assert [(row["photo_id"], row["kind"]) for row in item.localisation_maps] == [
            (item.key, "cam"),
            (item.key, "patch_64"),
        ]
        assert item.crack_possible is None


def test_patches_without_a_crack_leave_no_room_for_one(photos: Path, gathered: Callable[[str], Path]) -> None:
    joined = items(photos, gathered("abc"), crack_free_patches={"s/a": [(0, 0, 4)], "s/b": []})
    wanted = np.ones((6, 8), bool)
    wanted[:4, :4] = False
    assert joined[0].crack_possible is not None
    assert np.array_equal(joined[0].crack_possible, wanted)
    assert joined[1].crack_possible is not None
    assert joined[1].crack_possible.all()
    assert joined[2].crack_possible is None  # it has no patch labels


def test_some_photographs_can_be_taken_alone(photos: Path, gathered: Callable[[str], Path]) -> None:
    (item,) = items(photos, gathered("abc"), wanted={"s/b"})
    assert item.key == "s/b"
    assert {row["photo_id"] for row in item.localisation_maps} == {"s/b"}


@pytest.mark.parametrize(("names", "owner", "missing"), [("ac", "'s/c'", "'s/b'"), ("ab", "None", "'s/c'")])
def test_a_photograph_without_localisation_maps_is_named(
    photos: Path, gathered: Callable[[str], Path], names: str, owner: str, missing: str
) -> None:
    localisation_maps = gathered(names)
    with pytest.raises(CrackpipeError) as caught:
        items(photos, localisation_maps)
    assert str(caught.value) == (
        f"{localisation_maps}: next photograph is {owner}, but the photos table has {missing}; run "
        "`dvc repro localisation_maps` again"
    )


def test_a_row_counts_the_pixels_from_the_threshold_on() -> None:
    levels = np.array([[0, 101, 102, 255]], np.uint8)
    row = stream.label_row("s/a", levels, method="cam", binarise=0.4)
    assert (row["photo_id"], row["method"], row["crack_px"]) == ("s/a", "cam", 2)
    assert np.array_equal(images.decode_grey(row["mask"]), levels)


def test_ground_truth_becomes_labels_of_the_photographs_that_have_it(photos: Path, tmp_path: Path) -> None:
    assert parquet.write_shards(tmp_path / "truth", schemas.PSEUDO_LABELS, stream.truth_rows(photos, binarise=0.5)) == 2
    rows = list(parquet.scan(tmp_path / "truth", schemas.PSEUDO_LABELS))
    assert [(row["photo_id"], row["method"], row["crack_px"]) for row in rows] == [
        ("s/a", "truth", 6),
        ("s/c", "truth", 6),
    ]
    assert all(np.array_equal(images.decode_grey(row["mask"]), np.where(MASK, 255, 0)) for row in rows)


def test_labels_become_rows_in_their_order() -> None:
    image, levels = np.zeros((1, 2, 3), np.uint8), np.array([[0, 255]], np.uint8)
    labelled = iter([("s/b", image, levels), ("s/a", image, 255 - levels)])
    rows = list(stream.label_rows(labelled, method="cam", binarise=0.5))
    assert [row["photo_id"] for row in rows] == ["s/b", "s/a"]
    assert np.array_equal(images.decode_grey(rows[1]["mask"]), 255 - levels)
    assert rows[0]["method"] == "cam"
