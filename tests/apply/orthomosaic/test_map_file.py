"""Which files are orthomosaics."""

from importlib import util
from pathlib import Path

import pytest

pytest.importorskip("rasterio")

from drawn_maps import wall, write

from crackpipe.apply.orthomosaic import is_map
from crackpipe.errors import PhotoError


def test_a_tiff_with_a_transform_is_one(tmp_path: Path) -> None:
    assert is_map(write(tmp_path / "map.tif", wall(60, 90)), max_megapixels=1)
    assert is_map(write(tmp_path / "nameless.tif", wall(60, 90), crs=None), max_megapixels=1)
    plain = write(tmp_path / "plain.tif", wall(60, 90), crs=None, transform=None)
    assert not is_map(plain, max_megapixels=1)
    plain.with_suffix(".tfw").write_text("0.001\n0\n0\n-0.001\n400000\n5000000\n")
    assert is_map(plain, max_megapixels=1)


def test_a_tiff_that_is_larger_than_a_photograph_is_one(tmp_path: Path) -> None:
    assert is_map(write(tmp_path / "plain.tif", wall(60, 90), crs=None, transform=None), max_megapixels=0.005)


def test_other_files_are_none(tmp_path: Path) -> None:
    for name, data in {"a.tif": b"", "b.tif": b"II*\0", "c.tif": b"II*\0" + bytes(100), "d.png": b"\x89PNG"}.items():
        (tmp_path / name).write_bytes(data)
        assert not is_map(tmp_path / name, max_megapixels=1)


def test_without_the_packages_the_reason_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "map.tif", wall(60, 90))
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "pyogrio" else find(name))
    with pytest.raises(PhotoError, match=r"which needs pyogrio; install them with `pip install 'crackpipe\[geo\]'`"):
        is_map(path, max_megapixels=1)


def test_a_truncated_file_is_refused_before_any_work(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", wall(60, 90), tiled=True, blockxsize=16, blockysize=16)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(PhotoError, match="truncated"):
        is_map(path, max_megapixels=1)
