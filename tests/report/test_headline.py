"""The headline figures: means over sources of test photographs, the best segmenter chosen on validation alone."""

from typing import Any

import pytest

from crackpipe.report import headline


def splits(test: float, val: float | None = None) -> dict[str, Any]:
    rows = {"test": {"ods": test, "ois": test + 0.1, "ap": test + 0.2, "n": 3}}
    return rows if val is None else {**rows, "val": {"ods": val, "ois": 0.0, "ap": 0.0, "n": 3}}


def test_a_run_without_tables_has_no_figures() -> None:
    assert headline.figures({}, reference="linear") == {}


def test_the_best_segmenter_is_that_of_validation_whatever_the_test_says() -> None:
    tree = {
        "darkness": {"none": {"a": splits(0.9, 0.9)}},
        "unet": {"truth": {"a": splits(0.5, 0.6), "b": splits(0.3), "a_without_x": splits(0.99, 0.99)}},
        "oed": {"truth": {"a": splits(0.8, 0.1)}},
    }
    found = headline.figures({"segmentation": tree}, reference="linear")
    assert found["segmenters"] == pytest.approx({"unet-truth_ods": 0.4, "oed-truth_ods": 0.8})
    assert found["best_segmenter"] == pytest.approx({"ods": 0.4, "ois": 0.5, "ap": 0.6})


def test_labels_stand_without_the_baselines() -> None:
    tree = {"otsu": {"a": splits(0.1)}, "cam": {"a": splits(0.2), "b": splits(0.4)}, "truth": {"a": {"train": {}}}}
    assert headline.figures({"pseudo_labels": tree}, reference="linear") == {"labels": {"cam_ods": pytest.approx(0.3)}}


def test_few_labels_are_told_by_the_reference_heads_ends() -> None:
    row = {"f1": 0.5, "ece": 0.1}
    tree = {"T0": {"zero_shot": row}, "T2": {"linear": row}, "T10": {"linear": {"f1": 0.9, "ece": 0.05}, "knn": row}}
    found = headline.figures({"few_shot": tree}, reference="linear")
    assert found == {"few_shot": {"linear_T2_f1": 0.5, "linear_T10_f1": 0.9, "linear_T10_ece": 0.05}}


def test_calibration_is_the_mean_over_what_was_trained_and_tested_before_any_calibrator() -> None:
    def cell(ece: float) -> dict[str, Any]:
        return {"cross_entropy": {"none": {"ece": ece}, "platt": {"ece": 0.0}}}

    tree = {"lite0": {"all": {"a": cell(0.1), "b": cell(0.3)}}, "resnet50": {"all": {"a": cell(0.5)}}}
    found = headline.figures({"calibration": tree}, reference="linear")
    assert found == {"calibration": {"cross_entropy_ece": pytest.approx(0.3)}}


def test_captions_are_told_by_retrieval_and_neighbours_of_the_tuned_encoder() -> None:
    tuned = {"retrieval": {"image_to_text": {"r1": 0.1, "r10": 0.8}}, "knn": {"mean": 0.6, "damage": 0.5}}
    found = headline.figures({"bridge": {"base": {}, "tuned": tuned}}, reference="linear")
    assert found == {"captions": {"image_to_text_r10": 0.8, "knn_mean": 0.6}}
