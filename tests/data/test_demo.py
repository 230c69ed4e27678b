"""The demo dataset: same bytes, exact masks, captions that follow, and why darkness alone does not find the cracks."""

import contextlib
import hashlib
import io
import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.filters import threshold_otsu

from crackpipe.data import captions, demo
from crackpipe.data.demo import picture, scene
from crackpipe.data.photo import RawPhoto
from crackpipe.imaging import images

ROOT = Path(__file__).resolve().parents[2]
DIGEST = """
import hashlib
from crackpipe.data import demo
total = hashlib.sha256()
for photo in demo.photographs(photos=12, side_px=96, seed=5):
    total.update(f"{photo.name} {photo.own_split} {photo.caption}".encode())
    total.update(photo.read_image() + photo.read_mask().tobytes())
print(total.hexdigest())
"""


@pytest.fixture(scope="module")
def survey() -> list[RawPhoto]:
    return list(demo.photographs(photos=60, side_px=256, seed=0))


@pytest.fixture(scope="module")
def drawn(survey: list[RawPhoto]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Grey levels and mask of each photograph."""
    return [(images.decode_grey(photo.read_image()), photo.read_mask()) for photo in survey]


def _f1(found: np.ndarray, truth: np.ndarray) -> float:
    return 2 * float((found & truth).sum()) / float(found.sum() + truth.sum())


def test_another_process_with_another_hash_seed_draws_the_same_bytes() -> None:
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    other = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    with contextlib.redirect_stdout(io.StringIO()) as own:
        exec(DIGEST, {})
    assert other.stdout == own.getvalue()


def test_reading_order_and_pickling_change_nothing() -> None:
    first = list(demo.photographs(photos=9, side_px=96, seed=2))
    again = pickle.loads(pickle.dumps(list(demo.photographs(photos=9, side_px=96, seed=2))))
    forwards = [photo.read_image() for photo in first]
    picture._drawn.cache_clear()
    backwards = [photo.read_image() for photo in reversed(again)]
    assert forwards == backwards[::-1]


def test_photographs_and_seeds_differ() -> None:
    bytes_of = [photo.read_image() for seed in (0, 1) for photo in demo.photographs(photos=12, side_px=64, seed=seed)]
    assert len({hashlib.sha256(data).digest() for data in bytes_of}) == 24


def test_mask_that_a_caller_changes_does_not_change_the_next_one() -> None:
    photo = next(photo for photo in demo.photographs(photos=9, side_px=64, seed=0) if photo.label)
    mask = photo.read_mask()
    mask[:] = False
    assert photo.read_mask().any()


def test_names_ascend_and_name_their_group(survey: list[RawPhoto]) -> None:
    names = [photo.name for photo in survey]
    assert names == sorted(set(names))
    assert all(photo.name[:-2] == photo.group for photo in survey)
    assert names[0] == "asphalt-000-a"


def test_label_mask_and_caption_agree(survey: list[RawPhoto], drawn: list[tuple[np.ndarray, np.ndarray]]) -> None:
    for photo, (_, mask) in zip(survey, drawn, strict=True):
        assert photo.label == int(mask.any())
        assert photo.caption == captions.compose(photo.attributes)
        assert ("crack" in photo.caption.lower()) == bool(photo.label)
        assert (photo.attributes.soundness == "Ⅰ") == (not photo.label)
        assert (photo.attributes.measure in ("A", "M")) == (not photo.label)
        assert mask.sum() == 0 or mask.sum() > 50


@pytest.mark.parametrize("photos", [9, 10, 20, 21, 60, 240])
def test_splits_keep_groups_whole_and_hold_both_labels(photos: int) -> None:
    listed = list(demo.photographs(photos=photos, side_px=64, seed=3))
    assert len(listed) == photos
    splits = {photo.group: set() for photo in listed}
    for photo in listed:
        splits[photo.group].add(photo.own_split)
    assert all(len(names) == 1 for names in splits.values())
    assert set(Counter(photo.group for photo in listed).values()) <= {2, 3}
    present = {(photo.own_split, photo.label) for photo in listed}
    assert present == {(split, label) for split in ("train", "val", "test") for label in (0, 1)}


@pytest.fixture(scope="module")
def many() -> list[RawPhoto]:
    return list(demo.photographs(photos=480, side_px=64, seed=0))


def test_shares_of_cracks_and_splits_are_as_announced(many: list[RawPhoto]) -> None:
    assert np.mean([photo.label or 0 for photo in many]) == pytest.approx(0.65, abs=0.03)
    splits = Counter(photo.own_split for photo in many)
    assert splits["train"] / len(many) == pytest.approx(0.60, abs=0.04)
    assert splits["val"] / len(many) == pytest.approx(0.15, abs=0.04)
    assert splits["test"] / len(many) == pytest.approx(0.25, abs=0.04)
    assert {photo.attributes.soundness for photo in many} == set(captions.SOUNDNESS)
    assert {photo.attributes.measure for photo in many} == {"A", "B", "C1", "C2", "M", "S1"}


def test_hazards_stand_with_and_without_cracks_alike(many: list[RawPhoto]) -> None:
    count = {0: Counter[str](), 1: Counter[str]()}
    for photo in many:
        count[photo.label or 0].update(photo.read_image.args[0].hazards)  # type: ignore[attr-defined]
    assert set(count[0]) == set(count[1]) == {"joint", "stain", "paint", "edge", "pole", "wire", "foliage", "grass"}
    without = sum(not photo.label for photo in many)
    for name in count[0]:
        assert count[0][name] / without == pytest.approx(count[1][name] / (len(many) - without), abs=0.1)


def test_crack_is_darker_than_what_lies_around_it(drawn: list[tuple[np.ndarray, np.ndarray]]) -> None:
    contrast = []
    for grey, mask in drawn:
        if mask.any():
            ring = ndimage.binary_dilation(mask, iterations=8) & ~ndimage.binary_dilation(mask, iterations=2)
            contrast.append(grey[ring].mean() - grey[mask].mean())
    assert min(contrast) > 5
    assert min(contrast) < 30, "some cracks should be faint"
    assert np.mean(contrast) > 30


def test_otsu_and_darkness_alone_miss_the_cracks(drawn: list[tuple[np.ndarray, np.ndarray]]) -> None:
    cracked = [(grey, mask) for grey, mask in drawn if mask.any()]
    otsu = np.mean([_f1(grey <= threshold_otsu(grey), mask) for grey, mask in cracked])
    best = np.mean([max(_f1(grey <= level, mask) for level in range(5, 250, 5)) for grey, mask in cracked])
    assert otsu < 0.25
    assert best < 0.55  # the best threshold of each photograph, chosen with the truth in hand


def test_reported_width_is_the_mask_s_own() -> None:
    for width_px in (1.2, 3.0, 5.0):
        for seed in range(4):
            recipe = scene.Scene(seed, 0, 0, 256, "plaster", "single", width_px, ())
            widest = 2 * ndimage.distance_transform_edt(picture.read_mask(recipe)).max() - 1
            rating = scene.inspect(recipe).soundness
            # a pixel more or less: the transform counts whole pixels
            assert rating in {_rating((widest + slack) * scene.MM_PER_PX) for slack in (-1.0, 0.0, 1.0)}


def _rating(width_mm: float) -> str:
    return "Ⅱ" if width_mm < 1.25 else "Ⅲ" if width_mm < 2.5 else "Ⅳ"


@pytest.mark.parametrize(
    ("topology", "width_px", "hazards", "damage", "soundness", "measure"),
    [
        (None, 1.0, (), ("no damage",), "Ⅰ", "A"),
        (None, 1.0, ("wire",), ("no damage",), "Ⅰ", "A"),
        (None, 1.0, ("grass", "stain"), ("stain", "vegetation"), "Ⅰ", "M"),
        ("single", 1.0, (), ("hairline crack",), "Ⅱ", "B"),
        ("single", 2.6, ("stain",), ("crack", "stain"), "Ⅲ", "C1"),
        ("branching", 6.0, (), ("wide crack",), "Ⅳ", "C2"),
        ("map", 1.5, ("grass",), ("map cracking", "vegetation"), "Ⅲ", "S1"),
    ],
)
def test_report_follows_from_what_is_drawn(
    topology: str | None,
    width_px: float,
    hazards: tuple[str, ...],
    damage: tuple[str, ...],
    soundness: str,
    measure: str,
) -> None:
    report = scene.inspect(scene.Scene(1, 0, 0, 256, "concrete", topology, width_px, hazards))
    assert (report.damage, report.soundness, report.measure) == (damage, soundness, measure)
    assert report.location == ("concrete wall",)


def test_photographs_of_one_structure_look_alike(survey: list[RawPhoto]) -> None:
    colours: dict[str, list[np.ndarray]] = {}
    for photo in survey:
        recipe = photo.read_image.args[0]  # type: ignore[attr-defined]
        if recipe.surface == "plaster":
            bare = scene.Scene(recipe.seed, recipe.group, recipe.index, 64, "plaster", None, 1.0, ())
            colours.setdefault(photo.group, []).append(images.decode_rgb(picture.read_image(bare)).mean(axis=(0, 1)))
    within = max(np.ptp(group, axis=0).max() for group in colours.values())
    between = np.ptp([np.mean(group, axis=0) for group in colours.values()], axis=0).max()
    assert within < 25 < between


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(64, 140), st.integers(0, 8))
def test_any_seed_and_side_give_a_photograph_and_a_mask_of_that_size(seed: int, side_px: int, place: int) -> None:
    photo = list(demo.photographs(photos=9, side_px=side_px, seed=seed))[place]
    mask = photo.read_mask() if photo.read_mask else np.zeros(0)
    assert images.size_px(photo.read_image()) == (side_px, side_px) == mask.shape
    assert mask.dtype == bool
    assert photo.label == int(mask.any())


@pytest.mark.parametrize(
    ("photos", "side_px", "seed", "text"),
    [
        (8, 256, 0, "demo.photos: got 8, expected at least 9"),
        (20, 63, 0, "demo.side_px: got 63, expected at least 64"),
        (20, 256, -1, "demo.seed: got -1, expected at least 0"),
    ],
)
def test_argument_out_of_range_is_named(photos: int, side_px: int, seed: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        demo.photographs(photos=photos, side_px=side_px, seed=seed)


def test_unknown_topology_is_named() -> None:
    with pytest.raises(
        ValueError, match=r"topology: got 'spiral', expected one of branching, loop, map, single, stepped"
    ):
        scene.cracks(scene.Scene(0, 0, 0, 64, "brick", "spiral", 2.0, ()))
