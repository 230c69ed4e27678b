"""Votes of the nearest, by hand and against scikit-learn and loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from crackpipe.retrieval import knn

A, B, C = np.eye(3, dtype=bool)


def unit(*degrees: float) -> np.ndarray:
    """Vectors of length 1 at these angles."""
    angle = np.deg2rad(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def test_the_majority_of_the_nearest_decides() -> None:
    labels = np.stack([A, B, B, C, C, C])
    found = knn.predict(unit(0, 10, 20, 60, 70, 80), labels, unit(0), several=False, k=3, weighted=False)
    assert found.tolist() == [B.tolist()]


def test_more_neighbours_than_items_are_all_items() -> None:
    found = knn.predict(unit(0, 10, 90), np.stack([A, B, B]), unit(0), several=False, k=99, weighted=False)
    assert found.tolist() == [B.tolist()]


def test_of_equally_many_votes_the_more_similar_voters_win() -> None:
    train, labels = unit(0, 30, 35, 60), np.stack([B, A, A, B])
    assert knn.predict(train, labels, unit(0), several=False, k=4, weighted=False).tolist() == [A.tolist()]
    assert knn.predict(train, labels, unit(90), several=False, k=4, weighted=False).tolist() == [A.tolist()]
    assert knn.predict(train, labels, unit(0), several=False, k=2, weighted=False).tolist() == [B.tolist()]


def test_of_equals_the_first_class_wins() -> None:
    found = knn.predict(unit(10, -10), np.stack([B, A]), unit(0), several=False, k=2, weighted=True)
    assert found.tolist() == [A.tolist()]


def test_weighted_votes_let_one_near_item_outvote_two_far_ones() -> None:
    train, labels = unit(0, 70, 70), np.stack([A, B, B])
    assert knn.predict(train, labels, unit(0), several=False, k=3, weighted=False).tolist() == [B.tolist()]
    assert knn.predict(train, labels, unit(0), several=False, k=3, weighted=True).tolist() == [A.tolist()]


def test_a_label_that_exactly_half_of_the_votes_have_is_predicted() -> None:
    labels = np.stack([A | B, A, C, B | C])
    found = knn.predict(unit(0, 1, 2, 3), labels, unit(0), several=True, k=4, weighted=False)
    assert found.tolist() == [[True, True, True]]
    found = knn.predict(unit(0, 1, 2, 3), labels, unit(0), several=True, k=3, weighted=False)
    assert found.tolist() == [A.tolist()]


def test_where_all_disagree_no_label_is_predicted() -> None:
    found = knn.predict(unit(0, 1, 2), np.stack([A, B, C]), unit(0), several=True, k=3, weighted=True)
    assert not found.any()


def test_items_on_the_other_side_have_no_say_in_weighted_votes() -> None:
    found = knn.predict(unit(60, 180, 180), np.stack([A, B, B]), unit(0), several=True, k=3, weighted=True)
    assert found.tolist() == [A.tolist()]
    found = knn.predict(unit(180, 180), np.stack([A, B]), unit(0), several=True, k=2, weighted=True)
    assert found.tolist() == [[True, True, False]]  # no vote weighs anything: each label has half of nothing


def looped(train: np.ndarray, labels: np.ndarray, query: np.ndarray, k: int, weighted: bool) -> list[bool]:
    order = sorted(range(len(train)), key=lambda i: -float(query @ train[i]))[:k]
    weights = [max(0.0, float(query @ train[i])) if weighted else 1.0 for i in order]
    return [
        sum(w for i, w in zip(order, weights, strict=True) if labels[i, c]) >= sum(weights) / 2
        for c in range(labels.shape[1])
    ]


@settings(max_examples=30)
@given(seed=st.integers(0, 99), k=st.integers(1, 9), weighted=st.booleans())
def test_several_labels_equal_a_loop(seed: int, k: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    train, queries = (np.abs(random.normal(size=(count, 4))) for count in (20, 6))  # all similar to some degree
    labels = random.random((20, 3)) < 0.5
    found = knn.predict(train, labels, queries, several=True, k=k, weighted=weighted)
    assert found.tolist() == [looped(train, labels, query, k, weighted) for query in queries]


@settings(max_examples=30)
@given(seed=st.integers(0, 99), k=st.sampled_from([1, 3, 5, 7]))
def test_two_classes_equal_scikit_learn(seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    train, queries = (random.normal(size=(count, 4)) for count in (30, 8))
    train, queries = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (train, queries))
    classes = random.integers(0, 2, 30)
    found = knn.predict(train, np.eye(2, dtype=bool)[classes], queries, several=False, k=k, weighted=False)
    wanted = KNeighborsClassifier(n_neighbors=k, metric="cosine").fit(train, classes).predict(queries)
    assert found.argmax(axis=1).tolist() == wanted.tolist()
    assert (found.sum(axis=1) == 1).all()


@pytest.mark.parametrize("several", [True, False])
def test_no_query_has_no_prediction(several: bool) -> None:
    found = knn.predict(unit(0), A[None], unit(), several=several, k=1, weighted=False)
    assert found.shape == (0, 3)
