"""Patches read from files are those read from coordinates."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import photographs, slicing
from benchmarks.photographs import Photograph
from crackpipe.data import patch_pixels
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images


@pytest.fixture
def cut(tmp_path: Path, small: list[Photograph]) -> Path:
    photographs.write_table(tmp_path / "photos", small, count=2)
    return tmp_path


def test_both_ways_cut_the_same_patches(cut: Path, small: list[Photograph]) -> None:
    assert slicing.write_files(cut / "photos", cut / "files") == slicing.write_table(cut, 1) == 2 * 2 * 3
    patches = parquet.read(cut / "patches.parquet", schemas.PATCHES).to_pandas()
    assert set(patches["label"]) == {0, 1}
    places = patches[["photo_id", "row_px", "col_px", "label"]].itertuples(index=False)
    theirs = slicing.read_files([slicing.path_of(cut / "files", *place) for place in places])
    decoded = {f"bench/{i:05d}": _as_stored(one.image) for i, one in enumerate(small)}
    assert torch.equal(theirs, patch_pixels.read(patches, decoded, side_px=slicing.SIDE_PX))


def _as_stored(image: np.ndarray) -> np.ndarray:
    return images.decode_rgb(images.encode_jpeg(image, quality=photographs.JPEG_QUALITY))


def test_cutting_again_leaves_no_file_of_another_time(cut: Path) -> None:
    stale = cut / "files/crack/stale.png"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")
    count = slicing.write_files(cut / "photos", cut / "files")
    assert len(list((cut / "files").rglob("*.png"))) == count


def test_the_comparison_tells_patches_and_sizes(small: list[Photograph], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "load", lambda count, *, data: small[:count])
    section = slicing.compare(photos=2, data=None)
    assert [row.cells[0] for row in section.rows] == ["cut 12 patches", "read 12 back"]
    assert "MB of files against" in section.notes[0]
