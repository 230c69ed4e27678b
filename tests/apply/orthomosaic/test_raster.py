"""Rasters in windows: colours, data and their borders, depth, the ground, levels on the same grid."""

import math
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

rasterio = pytest.importorskip("rasterio")

from drawn_maps import HALF_MM, UTM33, wall, write  # noqa: E402

from crackpipe.apply.orthomosaic import raster  # noqa: E402
from crackpipe.errors import PhotoError  # noqa: E402

ALL = slice(0, 60), slice(0, 90)
PART = slice(10, 30), slice(40, 90)


def test_windows_hold_the_rasters_pixels(tmp_path: Path) -> None:
    picture = wall(60, 90)
    with raster.opened(write(tmp_path / "map.tif", picture)) as mosaic:
        assert np.array_equal(mosaic.rgb(*PART), picture[PART])
        assert mosaic.inside(*PART).all()
        assert not mosaic.has_outside
        assert mosaic.small(side_px=30).shape == (20, 30, 3)
        assert mosaic.notes == ()


@pytest.mark.parametrize("kind", ["alpha", "nodata", "white nodata beside alpha", "mask", "nan"])
def test_what_is_outside_is_known_by_alpha_nodata_masks_and_missing_numbers(tmp_path: Path, kind: str) -> None:
    inside = np.zeros((60, 90), bool)
    inside[5:50, 10:70] = True
    picture = np.where(inside[..., None], wall(60, 90), np.uint8(0))
    alpha = np.dstack([picture, inside * np.uint8(255)])
    path = tmp_path / "map.tif"
    if kind == "alpha":
        write(path, alpha, alpha=True)
    elif kind == "nodata":
        write(path, picture, nodata=0)
    elif kind == "mask":
        write(path, picture, inside=inside)
    elif kind == "nan":
        write(path, np.where(inside[..., None], picture / np.float32(255), np.nan).astype(np.float32))
    else:
        write(path, alpha, alpha=True, nodata=255)
    with raster.opened(path) as mosaic:
        assert mosaic.has_outside
        assert np.array_equal(mosaic.inside(*ALL), inside)
        assert np.array_equal(mosaic.inside(*PART), inside[PART])
        assert np.abs(mosaic.rgb(*ALL)[inside].astype(int) - picture[inside]).max() <= 1


def test_a_pixel_that_is_black_in_one_band_alone_is_data(tmp_path: Path) -> None:
    picture = wall(60, 90)
    picture[20, 20, 0] = 0
    with raster.opened(write(tmp_path / "map.tif", picture, nodata=0)) as mosaic:
        assert mosaic.inside(*ALL).all()


def test_deep_rasters_come_to_8_bits_by_one_rule_in_all_windows(tmp_path: Path) -> None:
    deep = wall(60, 90).astype(np.uint16) * 16
    deep[:30, :45] //= 2  # a darker corner keeps its levels
    with raster.opened(write(tmp_path / "map.tif", deep)) as mosaic:
        whole = mosaic.rgb(*ALL)
        assert np.array_equal(whole, deep // 16)
        assert np.array_equal(mosaic.rgb(*PART), whole[PART])
        assert mosaic.notes[0].startswith("16 bits, levels ")


def test_one_band_is_grey_and_of_many_the_first_three_are_read(tmp_path: Path) -> None:
    grey = wall(60, 90)[..., :1]
    with raster.opened(write(tmp_path / "grey.tif", grey)) as mosaic:
        assert np.array_equal(mosaic.rgb(*ALL), np.repeat(grey, 3, axis=2))
    many = np.dstack([wall(60, 90), wall(60, 90, seed=1)])
    with raster.opened(write(tmp_path / "many.tif", many)) as mosaic:
        assert np.array_equal(mosaic.rgb(*ALL), many[..., :3])
        assert mosaic.notes == ("first three bands of 6 read as red, green and blue",)


def test_a_palette_is_refused_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "palette.tif"
    write(path, wall(60, 90)[..., :1], photometric="palette")
    with pytest.raises(PhotoError, match=r"bands are palette; save it as RGB"), raster.opened(path):
        pass


@pytest.mark.parametrize(
    ("crs", "transform", "mm"),
    [
        (UTM33, HALF_MM, 0.5),
        ("EPSG:2263", rasterio.Affine(0.01, 0, 980000, 0, -0.01, 200000), 0.01 * 1200 / 3937 * 1000),  # US feet
        ("EPSG:3857", rasterio.Affine(0.001, 0, 1e6, 0, -0.001, 6887893.5), 0.61),  # at 52.5° north
        ("EPSG:4326", rasterio.Affine(1e-8, 0, 13.4, 0, -1e-8, 52.5), 0.87),
    ],
)
def test_a_pixel_on_the_ground_follows_the_coordinate_system(
    tmp_path: Path, crs: str, transform: rasterio.Affine, mm: float
) -> None:
    with raster.opened(write(tmp_path / "map.tif", wall(60, 90), crs=crs, transform=transform)) as mosaic:
        pixel = mosaic.pixel()
        assert pixel.down_mm is not None
        assert pixel.across_mm is not None
        area = abs(float(np.linalg.det(np.stack([pixel.down_mm, pixel.across_mm]))))
        assert math.sqrt(area) == pytest.approx(mm, rel=0.01)


def test_a_raster_without_a_place_or_a_coordinate_system_has_no_ground(tmp_path: Path) -> None:
    with raster.opened(write(tmp_path / "plain.tif", wall(60, 90), crs=None, transform=None)) as mosaic:
        assert mosaic.pixel().down_mm is None
        assert not mosaic.grid.placed
    with raster.opened(write(tmp_path / "nameless.tif", wall(60, 90), crs=None)) as mosaic:
        assert mosaic.pixel().notes == ("GeoTIFF: it names no coordinate system, its transform is not used",)


def test_levels_are_written_in_windows_on_the_same_grid(tmp_path: Path) -> None:
    turned = rasterio.Affine(0.0009, 0.001, 4e5, 0.0005, -0.0017, 5e6)
    with raster.opened(write(tmp_path / "map.tif", wall(60, 90), transform=turned)) as mosaic:
        raster.create(tmp_path / "mask.tif", mosaic.grid, compressed=True)
    with raster.levels_file(tmp_path / "mask.tif", writable=True) as levels:
        levels.write(*PART, np.full((20, 50), 200, np.uint8))
        levels.write_inside(*PART, np.ones((20, 50), bool))
    with rasterio.open(tmp_path / "mask.tif") as file:
        assert file.transform.almost_equals(turned)
        assert file.crs == rasterio.CRS.from_string(UTM33)
        assert (file.shape, file.dtypes, file.profile["compress"]) == ((60, 90), ("uint8",), "deflate")
        assert file.block_shapes == [(512, 512)]
        expected = np.zeros((60, 90), np.uint8)
        expected[PART] = 200
        assert np.array_equal(file.read(1), expected)
        assert np.array_equal(file.read_masks(1) > 0, expected > 0)


def test_a_damaged_raster_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", wall(60, 90), compress="deflate")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    with pytest.raises(PhotoError, match="a raster that cannot be read or written"), raster.opened(path) as mosaic:
        mosaic.rgb(*ALL)


def test_a_full_disk_is_no_silent_loss(tmp_path: Path) -> None:
    with raster.opened(write(tmp_path / "map.tif", wall(600, 900))) as mosaic:
        grid = mosaic.grid
    raster.create(tmp_path / "mask.tif", grid, compressed=False)
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        with (
            pytest.raises(PhotoError, match="cannot be read or written"),
            raster.levels_file(tmp_path / "mask.tif", writable=True) as levels,
        ):
            levels.write(slice(0, 600), slice(0, 900), np.full((600, 900), 7, np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
