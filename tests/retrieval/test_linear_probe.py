"""Logistic regression: what can be separated is, alone or among several labels."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crackpipe.retrieval import linear_probe

RANDOM = np.random.default_rng(0)
TRAIN, QUERIES = RANDOM.normal(size=(60, 5)).astype(np.float16), RANDOM.normal(size=(20, 5)).astype(np.float16)
CLASSES = (TRAIN[:, 0] > 0).astype(int) + (TRAIN[:, 1] > 0.5)
SEVERAL = np.stack([TRAIN[:, 0] > 0, TRAIN[:, 1] + 0.3 * TRAIN[:, 2] > 0.2], axis=1)
SETTINGS = {"inverse_penalty": 1.0, "iterations": 500}


@pytest.mark.parametrize("standardise", [True, False])
def test_one_label_is_that_of_scikit_learns_multinomial_model(standardise: bool) -> None:
    found = linear_probe.predict(
        TRAIN, np.eye(3, dtype=bool)[CLASSES], QUERIES, several=False, standardise=standardise, **SETTINGS
    )
    model = LogisticRegression(max_iter=500)
    wanted = make_pipeline(StandardScaler(), model) if standardise else model
    assert found.argmax(axis=1).tolist() == wanted.fit(TRAIN.astype(float), CLASSES).predict(QUERIES).tolist()
    assert (found.sum(axis=1) == 1).all()


def test_several_labels_are_those_of_one_against_the_rest() -> None:
    found = linear_probe.predict(TRAIN, SEVERAL, QUERIES, several=True, standardise=False, **SETTINGS)
    wanted = OneVsRestClassifier(LogisticRegression(max_iter=500)).fit(TRAIN.astype(float), SEVERAL.astype(int))
    assert found.astype(int).tolist() == wanted.predict(QUERIES).tolist()


def test_a_class_that_all_or_none_have_is_predicted_so() -> None:
    labels = np.stack([SEVERAL[:, 0], np.ones(60, bool), np.zeros(60, bool)], axis=1)
    found = linear_probe.predict(TRAIN, labels, QUERIES, several=True, standardise=True, **SETTINGS)
    assert found[:, 1].all()
    assert not found[:, 2].any()
    assert 0 < found[:, 0].sum() < 20


def test_a_class_of_no_training_item_is_never_predicted() -> None:
    found = linear_probe.predict(
        TRAIN, np.eye(5, dtype=bool)[CLASSES + 1], QUERIES, several=False, standardise=True, **SETTINGS
    )
    assert not found[:, [0, 4]].any()
    assert (found.sum(axis=1) == 1).all()


def test_a_dimension_that_never_changes_is_no_division_by_zero() -> None:
    train = TRAIN.copy()
    train[:, 3] = 0.25
    found = linear_probe.predict(
        train, np.eye(3, dtype=bool)[CLASSES], QUERIES, several=False, standardise=True, **SETTINGS
    )
    assert (found.sum(axis=1) == 1).all()


def test_two_calls_predict_the_same() -> None:
    first, second = (
        linear_probe.predict(TRAIN, SEVERAL, QUERIES, several=True, standardise=True, **SETTINGS) for _ in range(2)
    )
    assert np.array_equal(first, second)
