"""Labels of cached windows: cut where the windows were cut, whatever their kind."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_windows import PLAIN

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError
from crackpipe.imaging import images
from crackpipe.segment.adapters import examples, token_cache
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.token_cache import TokenCache
from crackpipe.segment.windows import augment

Whole = Callable[..., augment.View]
TURNED = replace(
    PLAIN,
    scale_min=0.5,
    scale_max=1.5,
    rotation_deg=180.0,
)
Cached = tuple[Path, list[augment.View]]


def block(*, top: int, left: int) -> tuple[np.ndarray, np.ndarray]:
    """A red rectangle on a white wall, and its mask."""
    mask = np.zeros((80, 100), bool)
    mask[top : top + 30, left : left + 40] = True
    return np.where(mask[..., None], np.array([255, 0, 0], np.uint8), np.uint8(255)), mask


PHOTOS = {"p/a": block(top=10, left=20), "p/b": block(top=40, left=50), "p/c": block(top=25, left=30)}


@pytest.fixture
def cached(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> Cached:
    """The folder of two turned and scaled windows of each of three photographs, and the windows themselves."""
    cut = partial(augment.view, side_px=32, fit="crop", augmentation=TURNED)
    windows = [
        (name, view, cut(image, np.random.default_rng([number, view])))
        for number, (name, (image, _)) in enumerate(PHOTOS.items())
        for view in range(2)
    ]
    shapes = token_cache.token_shapes(encoder, stages=(4,), side_px=32, runtime=runtime)
    token_cache.write(tmp_path, windows, count=6, shapes=shapes, encoder=encoder, batch=4, runtime=runtime)
    return tmp_path, [view for *_, view in windows]


def labelled(folder: Path, labels: dict[str, bytes], *, binarise: float = 0.5) -> Examples:
    return examples.label_windows(folder, labels, binarise=binarise, kind="cam", workers=2)


def test_a_label_lies_on_its_pixels(cached: Cached, runtime: Runtime) -> None:
    pairs = labelled(cached[0], {name: images.encode_mask(mask) for name, (_, mask) in PHOTOS.items()})
    assert (len(pairs), pairs.windows.tolist()) == (6, list(range(6)))
    _, label = pairs.batch(np.arange(6), runtime)
    for mask, view in zip(label.numpy(), cached[1], strict=True):
        edge = 255 - 255 * augment.KEPT * min(1.0, view.placement.scale)  # so much of a pixel of the photograph
        sure = np.abs(view.pixels[..., 1] - edge) > 8
        np.testing.assert_array_equal(mask[sure], (view.pixels[..., 1] < edge)[sure])
    assert 0 < label.mean() < 1
    assert set(label.unique().tolist()) == {0.0, 1.0}


def test_windows_of_photographs_without_a_label_are_left_out(cached: Cached, runtime: Runtime) -> None:
    labels = {name: images.encode_mask(PHOTOS[name][1]) for name in ("p/a", "p/c")}
    pairs = labelled(cached[0], labels)
    assert pairs.windows.tolist() == [0, 1, 4, 5]
    maps, label = pairs.batch(np.array([3, 0]), runtime)  # the windows 5 and 0
    assert torch.equal(maps[0], TokenCache(cached[0]).maps(np.array([0, 5]), runtime)[0])
    every, _ = pairs.batch(np.arange(4), runtime)
    assert torch.equal(maps[0], every[0][[0, 3]])
    assert torch.equal(label, pairs.batch(np.arange(4), runtime)[1][[0, 3]])


@pytest.mark.parametrize(("binarise", "share"), [(0.3, 1.0), (0.5, 0.0)])
def test_a_pixel_is_crack_from_the_threshold_on(
    binarise: float, share: float, cached: Cached, runtime: Runtime
) -> None:
    level = images.encode_grey(np.full((80, 100), 100, np.uint8))
    _, label = labelled(cached[0], {"p/b": level}, binarise=binarise).batch(np.arange(2), runtime)
    assert float(label.mean()) == share


def test_what_was_drawn_into_a_window_is_in_its_label(
    encoder: DualEncoder, runtime: Runtime, whole: Whole, tmp_path: Path
) -> None:
    drawn = np.zeros((32, 32), bool)
    drawn[7, 3:20] = True
    plain = whole(np.full((32, 32, 3), 200, np.uint8))
    windows = [("p/a", 0, augment.View(plain.pixels, plain.placement, drawn)), ("p/a", 1, plain)]
    shapes = token_cache.token_shapes(encoder, stages=(4,), side_px=32, runtime=runtime)
    token_cache.write(tmp_path, windows, count=2, shapes=shapes, encoder=encoder, batch=2, runtime=runtime)
    mask = np.zeros((32, 32), bool)
    mask[20] = True
    _, label = labelled(tmp_path, {"p/a": images.encode_mask(mask)}).batch(np.arange(2), runtime)
    np.testing.assert_array_equal(label.numpy(), np.stack([mask | drawn, mask]))


def test_no_label_at_all_says_what_to_lower(cached: Cached) -> None:
    with pytest.raises(CrackpipeError) as caught:
        labelled(cached[0], {"p/z": b""})
    assert str(caught.value) == (
        "labels=cam: none of the 6 cached windows shows a photograph with a usable label; lower pseudo_label.keep_px "
        "or pseudo_label.cam.binarise, or let train_segmenter.photos be null"
    )
