"""Cached images: the right pixels in the right view, and features as the tower gives them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.training import image_cache
from crackpipe.clip.training.image_cache import Squares
from crackpipe.compute.runtime import Runtime

SIDE = 32


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def pictures(count: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8) for _ in range(count)]


def squares(count: int = 3) -> Squares:
    return image_cache.cache_squares(enumerate(pictures(count)), count=count, side_px=SIDE)


def features(encoder: DualEncoder, picture: np.ndarray, runtime: Runtime) -> Tensor:
    pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]
    with torch.no_grad():
        return encoder.features(encoder.prepare(pixels, runtime))


def test_squares_may_come_in_any_order() -> None:
    shuffled = [(2, pictures()[2]), (0, pictures()[0]), (1, pictures()[1])]
    cached = image_cache.cache_squares(shuffled, count=3, side_px=SIDE)
    np.testing.assert_array_equal(cached.pixels, np.stack(pictures()))


def test_nothing_is_left_in_the_folder_for_temporary_files() -> None:
    squares()
    assert list(Path(".checkpoints").iterdir()) == []


def test_no_images_are_cached_as_none(encoder: DualEncoder, runtime: Runtime) -> None:
    none = image_cache.cache_squares([], count=0, side_px=SIDE)
    assert none.pixels.shape == (0, SIDE, SIDE, 3)
    assert len(image_cache.cache_features(none, encoder, runtime, views=2, batch=4).values) == 0


def test_the_first_views_are_the_image_itself_and_mirrored(encoder: DualEncoder, runtime: Runtime) -> None:
    picture = pictures()[1]
    with torch.no_grad():
        found = squares().features(encoder, np.array([1, 1, 1]), np.array([0, 1, 2]), runtime)
    wanted = [picture, picture[:, ::-1], picture[::-1, ::-1]]
    torch.testing.assert_close(
        found, torch.cat([features(encoder, view, runtime) for view in wanted]), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_cached_features_are_those_of_each_view(encoder: DualEncoder, runtime: Runtime, batch: int) -> None:
    cached = image_cache.cache_features(squares(), encoder, runtime, views=4, batch=batch)
    assert cached.values.shape == (3, 4, encoder.feature_width)
    index, view = np.array([2, 0, 1, 1]), np.array([3, 0, 1, 2])
    with torch.no_grad():
        wanted = squares().features(encoder, index, view, runtime)
    torch.testing.assert_close(cached.features(encoder, index, view, runtime), wanted, atol=2e-3, rtol=2e-3)  # float16
