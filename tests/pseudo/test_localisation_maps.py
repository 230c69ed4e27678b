"""Localisation maps: small grids that come back from the table as they went in, up to a step of 16 bits."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import localisation_maps
from crackpipe.pseudo.localisation_maps import MapPredictor

STEP = 1 / 65535
CELLS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(0, 1, width=32))


def photographs(count: int) -> Iterator[localisation_maps.Decoded]:
    for number in range(count):
        yield f"s/{number:03d}", np.full((20 + number, 40, 3), number, np.uint8)


def predictor(times: float, batches: list[int]) -> MapPredictor:
    """Cells of 10 pixels that hold the photograph's level, times a factor; notes how many photographs came at once."""

    def predict_maps(pixels: list[np.ndarray]) -> list[np.ndarray]:
        batches.append(len(pixels))
        return [np.full((-(-one.shape[0] // 10), 4), times * float(one[0, 0, 0]) / 100, np.float32) for one in pixels]

    return MapPredictor(10, predict_maps)


def maps_of(rows: list[parquet.Row], *kinds: str, height: int = 20, width: int = 40) -> list[np.ndarray]:
    return localisation_maps.maps(rows, kinds=kinds, height=height, width=width, upsample="linear")


def test_every_photograph_has_its_rows_in_the_order_of_the_key(tmp_path: Path) -> None:
    batches: list[int] = []
    predictors = {"patch_64": predictor(0.5, batches), "cam": predictor(1.0, [])}
    count = localisation_maps.CHUNK + 3
    assert (
        parquet.write_shards(
            tmp_path, schemas.LOCALISATION_MAPS, localisation_maps.gather(photographs(count), predictors)
        )
        == 2 * count
    )
    found = dict(parquet.grouped(tmp_path, schemas.LOCALISATION_MAPS))
    assert list(found) == [name for name, _ in photographs(count)]
    for number, rows in enumerate(found.values()):
        assert [row["kind"] for row in rows] == ["cam", "patch_64"]
        for row, times in zip(rows, (1.0, 0.5), strict=True):
            cells = images.decode_unit16(row["cells"])
            assert cells.shape == (-(-(20 + number) // 10), 4)
            assert np.abs(cells - times * number / 100).max() <= STEP
    assert batches == [localisation_maps.CHUNK, 3]  # photographs of a chunk share batches


@given(cells=CELLS)
def test_cells_come_back_within_a_step_of_16_bits(cells: np.ndarray) -> None:
    (row,) = localisation_maps.gather(
        [("s/a", np.zeros((4, 4, 3), np.uint8))], {"cam": MapPredictor(1, lambda _: [cells])}
    )
    (found,) = maps_of([row], "cam", height=cells.shape[0], width=cells.shape[1])
    assert found.dtype == np.float32
    assert np.abs(found.astype(np.float64) - cells).max() <= 0.5001 * STEP


def test_maps_are_the_upsampled_cells_in_the_order_that_was_asked_for() -> None:
    random = np.random.default_rng(0)
    cells = {"cam": random.random((1, 2), np.float32), "patch_32": random.random((2, 3), np.float32)}
    sides = {"cam": 32, "patch_32": 16}
    predictors = {kind: MapPredictor(sides[kind], lambda _, grid=grid: [grid]) for kind, grid in cells.items()}
    rows = list(localisation_maps.gather([("s/a", np.zeros((20, 40, 3), np.uint8))], predictors))
    found = maps_of(rows, "patch_32", "cam")
    for kind, one in zip(("patch_32", "cam"), found, strict=True):
        wanted = localisation_maps.upsampled(cells[kind], cell_px=sides[kind], height=20, width=40, method="linear")
        assert one.shape == (20, 40)
        assert np.allclose(one, wanted, atol=STEP)


def test_a_patch_map_is_named_by_its_side() -> None:
    assert localisation_maps.patch_kind(64) == "patch_64"


def test_no_photographs_have_no_localisation_maps() -> None:
    assert not list(localisation_maps.gather((), {"cam": predictor(1.0, [])}))


def test_a_kind_that_was_not_gathered_is_named_with_what_to_do() -> None:
    rows = list(localisation_maps.gather([("s/a", np.zeros((20, 40, 3), np.uint8))], {"cam": predictor(1.0, [])}))
    with pytest.raises(CrackpipeError) as caught:
        maps_of(rows, "cam", "patch_64")
    assert str(caught.value) == (
        "data/localisation_maps: s/a has ['cam'], but the method needs patch_64; list that patch size under "
        "localisation_maps.patch_maps in params.yaml and run `dvc repro`"
    )
    with pytest.raises(
        CrackpipeError, match=r"data/localisation_maps: a photograph has \[\], but the method needs cam;"
    ):
        maps_of([], "cam")


def test_upsampling_is_cut_to_the_photograph_and_to_probabilities() -> None:
    cells = np.array([[0, 1, 0], [1, 0, 1]], np.float32)  # Lanczos overshoots here
    found = localisation_maps.upsampled(cells, cell_px=16, height=21, width=40, method="lanczos")
    assert found.shape == (21, 40)
    assert found.dtype == np.float32
    assert found.min() == 0
    assert found.max() == 1
