"""A map sharpened by darkness: the map chooses the threshold, and what is bright inside a blurred crack fades."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.imaging import dark_map
from crackpipe.segment.inference import darkening

PLAIN = {"share": 0.5, "near": 0.5, "softness": 20.0, "bilateral_px": 0, "bilateral_sigma": 120.0}


def grey(levels: np.ndarray) -> np.ndarray:
    return np.repeat(levels.astype(np.uint8)[..., None], 3, axis=2)


def wall() -> tuple[np.ndarray, np.ndarray]:
    """A wall of two tones with a dark line 1 px wide, and a map that is 5 px wide around it."""
    levels = np.where(np.arange(40)[:, None] % 2, 170, 190) + np.zeros((40, 40), int)
    levels[:, 20] = 60
    found = np.zeros((40, 40), np.uint8)
    found[:, 18:23] = 200
    return grey(levels), found


def test_the_line_keeps_its_confidence_and_its_surroundings_lose_their_share():
    image, found = wall()
    sharp = darkening.darkened(image, found, **{**PLAIN, "softness": 0.0})
    assert (sharp[:, 20] == 200).all()
    assert (sharp[:, [18, 19, 21, 22]] == 100).all()  # half of the confidence was darkness'
    assert (sharp[:, :18] == 0).all()


def test_a_share_of_nothing_changes_nothing():
    image, found = wall()
    assert np.array_equal(darkening.darkened(image, found, **{**PLAIN, "share": 0.0}), found)


def test_a_shadow_where_the_map_is_empty_moves_no_threshold():
    image, found = wall()
    shaded = image.copy()
    shaded[:, :10] = 5
    assert np.array_equal(
        darkening.darkened(image, found, **PLAIN)[:, 10:], darkening.darkened(shaded, found, **PLAIN)[:, 10:]
    )


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_constant_photograph_leaves_the_map_as_it_is(level: int):
    found = np.full((9, 9), 77, np.uint8)
    assert np.array_equal(darkening.darkened(grey(np.full((9, 9), level)), found, **PLAIN), found)


def test_an_empty_map_stays_empty():
    image, found = wall()
    assert not darkening.darkened(image, np.zeros_like(found), **PLAIN).any()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.25, 0.5, 1.0]), st.sampled_from([0.0, 5.0, 40.0]))
def test_it_follows_its_formula(seed: int, share: float, softness: float):
    random = np.random.default_rng(seed)
    image = grey(random.integers(0, 256, (12, 15)))
    found = random.integers(0, 256, (12, 15)).astype(np.uint8)
    sharp = darkening.darkened(image, found, **{**PLAIN, "share": share, "softness": softness})
    weights = np.where(found > 0.5 * found.max(), found, 0)
    counts = np.zeros(256, np.int64)
    for level, weight in zip(image[..., 0].ravel(), weights.ravel(), strict=True):
        counts[level] += weight
    t = int(dark_map.lower_threshold(counts[None], classes=3)[0])
    if t == dark_map.NONE_DARK:
        assert np.array_equal(sharp, found)
        return
    level = image[..., 0].astype(float)
    dark = 1 / (1 + np.exp((level - t) / softness)) if softness else (level <= t)
    assert np.abs(sharp - found * (1 - share + share * dark)).max() <= 0.5 + 1e-3


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(3)
    image = random.integers(0, 256, (70, 20, 3), dtype=np.uint8)
    found = random.integers(0, 256, (70, 20), dtype=np.uint8)
    settings = {**PLAIN, "bilateral_px": 5}
    whole = darkening.darkened(image, found, **settings)
    monkeypatch.setattr(darkening, "BAND_PX", 17)
    assert np.array_equal(darkening.darkened(image, found, **settings), whole)


def test_its_inputs_stay_as_they_are():
    image, found = wall()
    before = image.copy(), found.copy()
    darkening.darkened(image, found, **PLAIN)
    assert np.array_equal(image, before[0])
    assert np.array_equal(found, before[1])
