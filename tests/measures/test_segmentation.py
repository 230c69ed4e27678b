"""ODS, OIS, AP and the curve against plain loops, hand-drawn masks, scikit-learn and scipy."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import distance_transform_edt
from sklearn.metrics import average_precision_score

from crackpipe.imaging import images
from crackpipe.measures import segmentation

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7)
LEVEL = st.one_of(st.integers(0, 255), st.sampled_from([0, 2, 3, 127, 128, 252, 253, 255]))
COUNTED = ("tp_precision", "predicted", "tp_recall", "positives")


@st.composite
def photos(draw, most=4):
    pairs = []
    for _ in range(draw(st.integers(1, most))):
        shape = draw(SHAPES)
        levels = draw(hnp.arrays(np.uint8, shape, elements=LEVEL))
        pairs.append((levels, draw(hnp.arrays(np.bool_, shape))))
    return pairs


def line(length, *, level=255):
    """A horizontal crack in the middle of a 5-row photograph."""
    levels = np.zeros((5, length), np.uint8)
    levels[2] = level
    return levels


def looped_counts(levels, truth, k):
    predicted = [int(level) * 100 >= 255 * k for level in levels.ravel()]
    true = truth.ravel().tolist()
    return sum(p and t for p, t in zip(predicted, true, strict=True)), sum(predicted), sum(true)


def looped_f1(tp, predicted, positives):
    precision = tp / predicted if predicted else 1.0
    recall = tp / positives if positives else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def looped_scores(pairs):
    """The textbook way: for each threshold, for each photograph."""
    per_photo = [[] for _ in pairs]
    means, pooled_f1, precisions, recalls = [], [], [], []
    for k in range(1, 100):
        counted = [looped_counts(levels, truth, k) for levels, truth in pairs]
        for scores, counts in zip(per_photo, counted, strict=True):
            scores.append(looped_f1(*counts))
        means.append(math.fsum(scores[-1] for scores in per_photo) / len(pairs))
        tp, predicted, positives = (sum(column) for column in zip(*counted, strict=True))
        pooled_f1.append(looped_f1(tp, predicted, positives))
        precisions.append(tp / predicted if predicted else 1.0)
        recalls.append(tp / positives if positives else 1.0)
    steps, before = [], 0.0
    for precision, recall in zip(reversed(precisions), reversed(recalls), strict=True):
        steps.append((recall - before) * precision)
        before = recall
    return {
        "ods": max(means),
        "ois": math.fsum(max(scores) for scores in per_photo) / len(pairs),
        "ap": math.fsum(steps),
        "ods_pooled": max(pooled_f1),
        "threshold": (means.index(max(means)) + 1) / 100,
        "n": len(pairs),
    }, list(zip(precisions, recalls, strict=True))


def scored(*pairs):
    return segmentation.score([segmentation.count(levels, truth) for levels, truth in pairs])


def same(first, second):
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in COUNTED)


@settings(max_examples=60, deadline=None)
@given(photos())
def test_scores_equal_the_loop_over_thresholds_and_photographs_to_the_last_bit(pairs):
    expected, points = looped_scores(pairs)
    counts = [segmentation.count(levels, truth) for levels, truth in pairs]
    found = segmentation.score(counts)
    assert {name: getattr(found, name) for name in expected} == expected
    rows = segmentation.curve(counts)
    assert [(row["precision"], row["recall"]) for row in rows] == points
    assert [row["threshold"] for row in rows] == [k / 100 for k in range(1, 100)]


@settings(max_examples=60, deadline=None)
@given(photos())
def test_ois_is_never_below_ods_and_every_score_is_a_share(pairs):
    found = scored(*pairs)
    assert found.ois >= found.ods
    assert all(0 <= value <= 1 for value in (found.ods, found.ois, found.ap, found.ods_pooled, found.threshold))


@settings(max_examples=60, deadline=None)
@given(photos(), st.randoms())
def test_the_order_of_photographs_changes_no_bit(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert scored(*pairs) == scored(*shuffled)


@settings(max_examples=60, deadline=None)
@given(photos(most=1))
def test_a_tolerance_of_zero_counts_as_the_plain_form(pairs):
    levels, truth = pairs[0]
    assert same(segmentation.count_tolerant(levels, truth, tolerance_px=0), segmentation.count(levels, truth))


@settings(max_examples=60, deadline=None)
@given(photos(most=1), st.integers(0, 4))
def test_tolerant_counts_equal_those_from_distance_transforms(pairs, tolerance_px):
    levels, truth = pairs[0]
    counts = segmentation.count_tolerant(levels, truth, tolerance_px=tolerance_px)

    def near(mask):
        # without a pixel to measure from, scipy's distances mean nothing
        return distance_transform_edt(~mask) <= tolerance_px if mask.any() else np.zeros_like(mask)

    for k in range(1, 100):
        predicted = levels.astype(int) * 100 >= 255 * k
        assert counts.tp_precision[k - 1] == np.sum(predicted & near(truth))
        assert counts.predicted[k - 1] == np.sum(predicted)
        assert counts.tp_recall[k - 1] == np.sum(truth & near(predicted))
    assert counts.positives == truth.sum()


@settings(max_examples=40, deadline=None)
@given(photos(most=3))
def test_ap_equals_sklearns_where_every_crack_pixel_reaches_the_lowest_threshold(pairs):
    pairs[0][1][0, 0] = True  # scikit-learn has no precision–recall curve without a positive
    pairs = [(np.where(truth, np.maximum(levels, 3), levels), truth) for levels, truth in pairs]
    truth = np.concatenate([truth.ravel() for _, truth in pairs])
    # the number of thresholds reached ranks pixels just as the thresholds can
    reached = np.concatenate([(levels.ravel()[:, None] >= segmentation.CUT).sum(axis=1) for levels, _ in pairs])
    assert scored(*pairs).ap == pytest.approx(average_precision_score(truth, reached), abs=1e-12)


def test_cuts_are_the_lowest_levels_that_reach_each_threshold():
    for k, cut in enumerate(segmentation.CUT.tolist(), start=1):
        assert cut * 100 >= 255 * k > (cut - 1) * 100
    assert segmentation.CUT[[0, 19, 49, 98]].tolist() == [3, 51, 128, 253]


def test_a_level_exactly_on_a_threshold_is_predicted():
    counts = segmentation.count(np.array([[51]], np.uint8), np.array([[True]]))
    assert counts.predicted[:20].tolist() == [1] * 20  # 51 / 255 is 0.20 to the digit
    assert counts.predicted[20:].sum() == 0


def test_a_perfect_prediction_scores_one_everywhere():
    found = scored((line(4), line(4) > 0), (line(9), line(9) > 0))
    assert (found.ods, found.ois, found.ap, found.ods_pooled, found.threshold, found.n) == (1, 1, 1, 1, 0.01, 2)


def test_half_a_crack_found_scores_two_thirds():
    truth = line(8) > 0
    levels = line(8, level=200)
    levels[2, 4:] = 0
    found = scored((levels, truth))
    assert found.ods == found.ois == found.ods_pooled == 2 / 3
    assert found.ap == 0.5


def test_one_threshold_for_all_photographs_costs_what_ois_shows():
    # the faint crack needs a threshold ≤ 0.39, the stain beside the strong one a threshold above it
    faint = (line(4, level=100), line(4) > 0)
    strong_levels = line(4)
    strong_levels[0] = 100
    strong = (strong_levels, line(4) > 0)
    found = scored(faint, strong)
    assert found.ois == 1
    assert found.ods == pytest.approx((1 + 2 / 3) / 2, abs=1e-15)
    assert found.threshold == 0.01
    assert found.ods_pooled == pytest.approx(16 / 20, abs=1e-15)


def test_an_empty_prediction_of_an_empty_truth_scores_one():
    empty = np.zeros((3, 3), np.uint8)
    found = scored((empty, empty > 0))
    assert (found.ods, found.ois, found.ap) == (1, 1, 1)


def test_any_predicted_pixel_on_an_empty_truth_scores_zero():
    levels = np.zeros((3, 3), np.uint8)
    levels[1, 1] = 255
    found = scored((levels, np.zeros((3, 3), bool)))
    assert (found.ods, found.ois, found.ap, found.ods_pooled) == (0, 0, 0, 0)


def test_a_missed_crack_scores_zero_not_one():
    found = scored((np.zeros((5, 4), np.uint8), line(4) > 0))
    assert (found.ods, found.ois, found.ap, found.ods_pooled) == (0, 0, 0, 0)


def test_a_crack_drawn_one_pixel_off_is_right_within_one_pixel_and_wrong_without():
    levels, truth = np.roll(line(6), 1, axis=0), line(6) > 0
    assert scored((levels, truth)).ods == 0
    assert segmentation.score([segmentation.count_tolerant(levels, truth, tolerance_px=1)]).ods == 1


def test_the_tolerance_is_a_disk_so_a_diagonal_neighbour_is_farther_than_one_pixel():
    truth = np.zeros((3, 3), bool)
    truth[1, 1] = True
    levels = np.zeros((3, 3), np.uint8)
    levels[0, 0] = 255
    assert segmentation.count_tolerant(levels, truth, tolerance_px=1).tp_recall.max() == 0
    assert segmentation.count_tolerant(levels, truth, tolerance_px=2).tp_recall.min() == 1


def test_f1_at_a_threshold_names_the_best_and_the_worst_photograph():
    counts = [
        segmentation.count(line(4), line(4) > 0),
        segmentation.count(line(4, level=100), line(4) > 0),
    ]
    assert segmentation.f1_at(counts, threshold=0.39).tolist() == [1, 1]
    assert segmentation.f1_at(counts, threshold=0.5).tolist() == [1, 0]
    assert segmentation.f1_at(counts, threshold=segmentation.score(counts).threshold).mean() == 1


def test_a_confidence_in_floats_is_counted_through_its_levels():
    confidence = np.array([[0.0, 0.5, 1.0]], np.float32)
    counts = segmentation.count(images.to_levels(confidence), np.array([[False, True, True]]))
    assert counts.predicted[49] == 2
    assert counts.predicted[50] == 1


def test_inputs_are_left_as_they_were_and_may_be_read_only_views():
    levels = np.arange(63, dtype=np.uint8).reshape(7, 9)[::2, ::-1]
    truth = (levels % 3) == 0
    levels.setflags(write=False)
    truth.setflags(write=False)
    before = levels.copy(), truth.copy()
    view = segmentation.count(levels, truth)
    segmentation.count_tolerant(levels, truth, tolerance_px=2)
    assert np.array_equal(levels, before[0])
    assert np.array_equal(truth, before[1])
    assert same(view, segmentation.count(*before))


def test_a_mask_of_another_size_is_refused_with_both_shapes():
    # unwrap: where shapes are checked by the signature, that check would speak first
    with pytest.raises(ValueError, match=r"levels have shape \(5, 4\) and truth has \(4, 5\).*resize the prediction"):
        inspect.unwrap(segmentation.count)(line(4), np.zeros((4, 5), bool))


def test_float_confidences_are_refused_with_the_way_to_convert_them():
    with pytest.raises(ValueError, match=r"levels are float32 and truth is bool.*images\.to_levels"):
        inspect.unwrap(segmentation.count)(line(4).astype(np.float32), line(4) > 0)


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="tolerance_px is -1; it must be 0 or more"):
        segmentation.count_tolerant(line(4), line(4) > 0, tolerance_px=-1)


@pytest.mark.parametrize("function", [segmentation.score, segmentation.curve])
def test_no_photograph_is_refused(function):
    with pytest.raises(ValueError, match="no photograph has been counted; score at least one"):
        function([])


@pytest.mark.parametrize("threshold", [0.0, 1.0, 0.505, -0.5, math.nan])
def test_a_threshold_between_the_counted_ones_is_refused(threshold):
    with pytest.raises(ValueError, match=r"threshold is .*0\.01, 0\.02 … 0\.99 only"):
        segmentation.f1_at([segmentation.count(line(4), line(4) > 0)], threshold=threshold)
