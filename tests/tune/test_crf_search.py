"""The grid search finds the combination that is best by construction, in a fixed order, whatever the pool."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from crackpipe.errors import ParamsError
from crackpipe.params.labels import CamCrf
from crackpipe.pseudo import crf
from crackpipe.tune import crf_search
from crackpipe.tune.crf_search import Sample

# without the two terms between neighbours the label is the activation map within the confidence
ALONE = {
    "half_at": [0.5],
    "iterations": [2],
    "gaussian_sxy": [3.0],
    "gaussian_compat": [0.0],
    "bilateral_sxy": [20.0],
    "bilateral_srgb": [13.0],
    "bilateral_compat": [0.0],
    "confidence": [0.9],
}


def drawn(seed: int) -> Sample:
    """A dark line on bright ground, a wide noisy band around it as localisation maps, and the truth."""
    random = np.random.default_rng(seed)
    truth = np.zeros((40, 50), bool)
    truth[18 + seed : 21 + seed] = True
    grey = np.where(truth, 50, 200) + random.integers(-4, 5, truth.shape)
    distance = np.abs(np.arange(40) - 19 - seed)[:, None]
    localisation_maps = np.clip(0.9 - distance / 12 + random.normal(0, 0.1, truth.shape), 0, 1).astype(np.float32)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2), localisation_maps, truth


def marked(label: str, truth: str) -> Sample:
    """A grey photograph of one row: localisation maps and truth, ``#`` for a crack."""
    image = np.full((1, len(truth), 3), 128, np.uint8)
    cam = np.where([[pixel == "#" for pixel in label]], 0.95, 0.05).astype(np.float32)
    return image, cam, np.array([[pixel == "#" for pixel in truth]])


def test_the_best_by_construction_comes_first() -> None:
    """A pixel of confidence 0.95 that is pulled below 0.8 is no crack: only 0.9 finds the mask."""
    table = crf_search.search(
        [marked(".##.", ".##."), marked("#...", "#...")],
        grid=ALONE | {"confidence": [0.7, 0.9, 0.75]},
        binarise=0.8,
        workers=2,
    )
    assert table["confidence"].tolist() == [0.9, 0.7, 0.75]
    assert table["mean_iou"].tolist() == [
        1.0,
        *[pytest.approx((0.25 + 0.375) / 2)] * 2,
    ]  # of what is no crack 2/4 and 3/4
    assert list(table.columns) == [*crf_search.PARAMETERS, "mean_iou"]
    assert table["iterations"].dtype == np.int64


def test_terms_between_neighbours_beat_none_and_the_table_is_that_of_a_loop() -> None:
    samples = [drawn(0), drawn(1), drawn(2)]
    grid = ALONE | {"bilateral_compat": [0.0, 10.0], "gaussian_compat": [0.0, 3.0], "iterations": [5]}
    before = [tuple(part.copy() for part in sample) for sample in samples]
    table = crf_search.search(samples, grid=grid, binarise=0.5, workers=1)
    assert table["bilateral_compat"].tolist()[0] == 10.0
    assert table["bilateral_compat"].tolist()[-1] == 0.0
    assert len(table) == 4
    for gaussian, bilateral in itertools.product([0.0, 3.0], [0.0, 10.0]):
        settings = {name: values[0] for name, values in grid.items()}
        settings |= {"gaussian_compat": gaussian, "bilateral_compat": bilateral}
        ious = []
        for image, cam, mask in samples:
            crack = crf.label(image, cam, crf.CrfSettings(**settings)) >= 128
            ious.append(jaccard_score(mask.ravel(), crack.ravel(), average="macro"))
        row = table[(table["gaussian_compat"] == gaussian) & (table["bilateral_compat"] == bilateral)]
        assert row["mean_iou"].tolist() == [pytest.approx(np.mean(ious), abs=1e-12)]
    for sample, copy in zip(samples, before, strict=True):
        assert all(np.array_equal(before, after) for after, before in zip(sample, copy, strict=True))


def test_of_equal_combinations_the_first_of_the_grid_comes_first_and_the_mean_is_over_photographs() -> None:
    samples = [marked(".##.", ".##."), marked(".##.", ".#.."), marked("....", "....")]
    table = crf_search.search(samples, grid=ALONE | {"iterations": [7, 3, 5]}, binarise=0.5, workers=2)
    assert table["iterations"].tolist() == [7, 3, 5]
    assert table["mean_iou"].tolist() == [pytest.approx((1 + (1 / 2 + 2 / 3) / 2 + 1) / 3)] * 3


@pytest.mark.parametrize(
    ("label", "truth", "expected"),
    [
        ("##..", "##..", 1.0),
        ("##..", ".##.", 1 / 3),
        ("#...", "...#", (0 + 2 / 4) / 2),
        ("....", ".#..", (0 + 3 / 4) / 2),
        ("....", "....", 1.0),
    ],
)
def test_mean_iou_of_hand_drawn_masks_is_of_both_classes(label: str, truth: str, expected: float) -> None:
    masks = [np.array([[pixel == "#" for pixel in mask]]) for mask in (label, truth)]
    assert crf_search.mean_iou(*masks) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (ALONE | {"bilateral_sxi": [3.0]}, r"bilateral_sxi: unknown key; did you mean bilateral_sxy\?"),
        (ALONE | {"zz": [3.0]}, r"zz: unknown key; known: half_at, iterations, gaussian_sxy"),
        ({name: values for name, values in ALONE.items() if name != "confidence"}, "confidence: has no value"),
        (ALONE | {"iterations": []}, "iterations: has no value; give it a list of values"),
    ],
)
def test_a_wrong_grid_is_explained_before_any_work(grid: dict[str, list[float]], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        crf_search.search([marked("#", "#")], grid=grid, binarise=0.5, workers=1)


def test_what_can_be_searched_are_the_settings_of_the_crf() -> None:
    assert set(crf_search.PARAMETERS) == set(CamCrf.model_fields) - {"binarise", "upsample"}
