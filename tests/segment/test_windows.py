"""Training windows: where they lie, how they turn, and that pixels and label stay together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe import images
from crackpipe.segment import windows
from crackpipe.segment.windows import Window

NUMBERED = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8)


def cut(
    pixels: np.ndarray, *, down: float = 0.0, across: float = 0.0, symmetry: int = 0, side_px: int = 4
) -> np.ndarray:
    window = Window("p", down, across, symmetry)
    return windows.take(pixels, window, side_px=side_px, fit="crop", method="linear")


def test_each_photograph_has_one_window_for_each_symmetry() -> None:
    plan = windows.plan(["a", "b"], symmetries=3, seed=0)
    assert [(window.photo_id, window.symmetry) for window in plan] == [
        ("a", 0),
        ("a", 1),
        ("a", 2),
        ("b", 0),
        ("b", 1),
        ("b", 2),
    ]
    assert len({(window.down, window.across) for window in plan}) == 6
    assert all(0 <= place < 1 for window in plan for place in (window.down, window.across))


def test_equal_seeds_plan_the_same_and_others_do_not() -> None:
    assert windows.plan(["a"], symmetries=2, seed=1) == windows.plan(["a"], symmetries=2, seed=1)
    assert windows.plan(["a"], symmetries=2, seed=1) != windows.plan(["a"], symmetries=2, seed=2)


def test_a_crop_is_a_piece_of_the_photograph_as_it_is() -> None:
    np.testing.assert_array_equal(cut(NUMBERED), NUMBERED[:4, :4])
    np.testing.assert_array_equal(cut(NUMBERED, down=1.0, across=1.0), NUMBERED[2:, 4:])
    np.testing.assert_array_equal(cut(NUMBERED, down=0.5, across=0.5), NUMBERED[1:5, 2:6])


def test_a_photograph_that_is_too_small_is_mirrored() -> None:
    found = cut(NUMBERED[:3], side_px=5)
    np.testing.assert_array_equal(found, NUMBERED[[0, 1, 2, 1, 0], :5])


@pytest.mark.parametrize(
    ("symmetry", "wanted"),
    [
        (0, [[1, 2], [3, 4]]),
        (1, [[2, 4], [1, 3]]),
        (2, [[4, 3], [2, 1]]),
        (3, [[3, 1], [4, 2]]),
        (4, [[2, 1], [4, 3]]),
        (7, [[1, 3], [2, 4]]),
    ],
)
def test_a_window_is_turned_by_its_symmetry(symmetry: int, wanted: list[list[int]]) -> None:
    pixels = np.array([[1, 2], [3, 4]], np.uint8)
    np.testing.assert_array_equal(cut(pixels, symmetry=symmetry, side_px=2), wanted)


def test_resizing_takes_all_of_the_photograph() -> None:
    wide = np.zeros((4, 8), np.uint8)
    wide[:, 4:] = 200
    found = windows.take(wide, Window("p", 0.9, 0.9, 0), side_px=2, fit="resize", method="area")
    np.testing.assert_array_equal(found, [[0, 200], [0, 200]])


def test_a_squeezed_label_keeps_a_thin_crack() -> None:
    label = np.zeros((8, 8), bool)
    label[:, 3] = True  # one of four columns that a pixel covers
    found = windows.take_label(label, Window("p", 0.0, 0.0, 0), side_px=2, fit="resize")
    np.testing.assert_array_equal(found, [[True, False], [True, False]])
    label[4:] = False
    label[6, 6] = True  # one of sixteen pixels
    found = windows.take_label(label, Window("p", 0.0, 0.0, 0), side_px=2, fit="resize")
    np.testing.assert_array_equal(found, [[True, False], [False, False]])


@given(
    height=st.integers(3, 20),
    width=st.integers(3, 20),
    side_px=st.integers(2, 16),
    down=st.floats(0, 0.999),
    across=st.floats(0, 0.999),
    symmetry=st.integers(0, 7),
)
def test_pixels_and_label_stay_together(
    height: int, width: int, side_px: int, down: float, across: float, symmetry: int
) -> None:
    label = np.random.default_rng(height * width).random((height, width)) < 0.3
    image = np.repeat(np.where(label, np.uint8(0), np.uint8(255))[..., None], 3, axis=2)
    pixels, found = windows.item(
        Window("p", down, across, symmetry),
        photos={"p": image},
        labels={"p": images.encode_mask(label)},
        binarise=0.5,
        side_px=side_px,
        fit="crop",
    )
    assert (pixels.shape, found.shape, found.dtype) == ((side_px, side_px, 3), (side_px, side_px), np.dtype(bool))
    np.testing.assert_array_equal(found, pixels[..., 1] == 0)


def test_a_soft_label_is_binarised_before_it_is_squeezed() -> None:
    soft = np.full((4, 4), 100, np.uint8)
    for binarise, wanted in ((0.3, True), (0.5, False)):
        _, found = windows.item(
            Window("p", 0.0, 0.0, 0),
            photos={"p": np.zeros((4, 4, 3), np.uint8)},
            labels={"p": images.encode_grey(soft)},
            binarise=binarise,
            side_px=2,
            fit="resize",
        )
        assert (found == wanted).all()


def test_the_photograph_and_the_label_stay_as_they_were() -> None:
    label = np.eye(6, dtype=bool)
    before = label.copy()
    windows.take_label(label, Window("p", 0.0, 0.0, 5), side_px=3, fit="crop")
    np.testing.assert_array_equal(label, before)
