"""Retrieval by hand, against loops, and against every order that chance can draw."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe.measures import retrieval

CAPTIONS = st.lists(st.sampled_from("abc"), min_size=1, max_size=5)


def unit(*degrees: float) -> np.ndarray:
    """Vectors of length 1 at these angles."""
    angle = np.deg2rad(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float16)


def looped_recall(queries: np.ndarray, gallery: np.ndarray, asked: list[str], offered: list[str], k: int) -> float:
    hits = 0
    for query, caption in zip(queries, asked, strict=True):
        # before its equals comes what is no hit
        order = sorted(
            range(len(gallery)),
            key=lambda i: (-float(np.float32(query) @ np.float32(gallery[i])), offered[i] == caption),
        )
        hits += any(offered[i] == caption for i in order[:k])
    return hits / len(queries)


def test_the_nearest_text_is_found_and_a_farther_one_later() -> None:
    gallery, offered = unit(0, 40, 90), ["crack", "stain", "rust"]
    found = retrieval.recall(
        unit(5, 10), gallery, query_captions=["crack", "rust"], gallery_captions=offered, ks=[1, 2, 3]
    )
    assert found == {"r1": 0.5, "r2": 0.5, "r3": 1.0}


def test_any_item_of_the_same_caption_is_a_hit() -> None:
    found = retrieval.recall(
        unit(0), unit(90, 1), query_captions=["crack"], gallery_captions=["crack", "crack"], ks=[1]
    )
    assert found == {"r1": 1.0}


def test_an_encoder_that_sees_everything_alike_finds_nothing() -> None:
    same, captions = unit(*[30] * 12), [str(i) for i in range(12)]
    found = retrieval.recall(same, same, query_captions=captions, gallery_captions=captions, ks=[1, 10, 12])
    assert found == {"r1": 0, "r10": 0, "r12": 1}


def test_a_caption_that_no_item_has_is_a_miss() -> None:
    found = retrieval.recall(unit(0, 0), unit(0), query_captions=["a", "b"], gallery_captions=["a"], ks=[1, 5])
    assert found == {"r1": 0.5, "r5": 0.5}
    assert retrieval.chance(query_captions=["a", "b"], gallery_captions=["a"], ks=[1, 5]) == found


@settings(max_examples=40)
@given(asked=CAPTIONS, offered=CAPTIONS, k=st.integers(1, 6), data=st.data())
def test_recall_equals_a_loop(asked: list[str], offered: list[str], k: int, data: st.DataObject) -> None:
    angles = st.integers(0, 6).map(lambda n: n * 30.0)  # few, so that many are equal
    queries, gallery = (
        unit(*data.draw(st.lists(angles, min_size=len(each), max_size=len(each)))) for each in (asked, offered)
    )
    # a product with a matrix may differ in its last bit from one with a vector: compare what is exact in both
    queries, gallery = (np.round(each * 4) / 4 for each in (queries, gallery))
    found = retrieval.recall(queries, gallery, query_captions=asked, gallery_captions=offered, ks=[k])
    assert found == {f"r{k}": pytest.approx(looped_recall(queries, gallery, asked, offered, k))}


def test_blocks_of_queries_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    queries, gallery = random.normal(size=(7, 4)), random.normal(size=(5, 4))
    labels = {"query_captions": list("abcdeab"), "gallery_captions": list("abcde"), "ks": [1, 2, 3]}
    matched = {"query_labels": [{one} for one in "abcdeab"], "gallery_labels": [{one} for one in "abcde"]}
    whole = retrieval.recall(queries, gallery, **labels), retrieval.attribute_match(queries, gallery, **matched)
    assert 0 < whole[0]["r1"] < whole[0]["r3"] < 1
    monkeypatch.setattr(retrieval, "BLOCK", 10)
    assert (
        retrieval.recall(queries, gallery, **labels),
        retrieval.attribute_match(queries, gallery, **matched),
    ) == whole


@settings(max_examples=40)
@given(asked=CAPTIONS, offered=CAPTIONS, k=st.integers(1, 6))
def test_chance_is_the_mean_over_all_orders(asked: list[str], offered: list[str], k: int) -> None:
    orders = list(itertools.permutations(offered))
    wanted = np.mean([caption in order[:k] for caption in asked for order in orders])
    found = retrieval.chance(query_captions=asked, gallery_captions=offered, ks=[k])
    assert found == {f"r{k}": pytest.approx(wanted)}


def test_chance_is_exact_for_large_galleries() -> None:
    captions = [str(i) for i in range(5000)]
    found = retrieval.chance(query_captions=captions, gallery_captions=captions, ks=[1, 10])
    assert found == {"r1": pytest.approx(1 / 5000), "r10": pytest.approx(10 / 5000)}


@pytest.mark.parametrize(("asked", "offered"), [(["a"], ["a"]), (["a", "b"], [])])
def test_captions_that_do_not_fit_are_refused(asked: list[str], offered: list[str]) -> None:
    with pytest.raises(ValueError, match=r"2 queries have \d captions and 1 items have \d; give one caption for each"):
        retrieval.recall(unit(0, 1), unit(0), query_captions=asked, gallery_captions=offered, ks=[1])


def test_chance_needs_a_query() -> None:
    with pytest.raises(ValueError, match="at least one of each"):
        retrieval.chance(query_captions=[], gallery_captions=["a"], ks=[1])


def test_an_attribute_matches_where_one_of_several_labels_is_shared() -> None:
    query_labels: list[Any] = [{"crack", "rust"}, {"stain"}, set()]
    gallery_labels: list[Any] = [{"rust"}, {"crack", "spall"}, {"stain"}]
    found, chance = retrieval.attribute_match(
        unit(50, 10, 0), unit(0, 45, 90), query_labels=query_labels, gallery_labels=gallery_labels
    )
    assert found == 1 / 2  # the first meets {crack, spall}, the second {rust}
    assert chance == pytest.approx((2 / 3 + 1 / 3) / 2)


def test_an_item_without_the_attribute_is_no_answer() -> None:
    found = retrieval.attribute_match(unit(0), unit(0, 60, 90), query_labels=[{"Ⅱ"}], gallery_labels=[(), {"Ⅱ"}, {"Ⅲ"}])
    assert found == (1.0, 0.5)


def test_an_item_without_the_attribute_is_a_miss_where_it_may_be_found() -> None:
    labels: dict[str, Any] = {"query_labels": [{"Ⅱ"}, ()], "gallery_labels": [(), {"Ⅱ"}, {"Ⅲ"}]}
    found = retrieval.attribute_match(unit(0, 60), unit(0, 60, 90), **labels, unlabelled=True)
    assert found == (0.0, pytest.approx(1 / 3))
    near = retrieval.attribute_match(unit(55, 60), unit(0, 60, 90), **labels, unlabelled=True)
    assert near == (1.0, pytest.approx(1 / 3))


@pytest.mark.parametrize(("asked", "offered"), [([()], [{"a"}]), ([{"a"}], [()])])
def test_an_attribute_that_nothing_has_cannot_match(asked: list[Any], offered: list[Any]) -> None:
    assert retrieval.attribute_match(unit(0), unit(0), query_labels=asked, gallery_labels=offered) == (None, None)


@settings(max_examples=40)
@given(data=st.data())
def test_attribute_matches_equal_a_loop(data: st.DataObject) -> None:
    labels = st.lists(st.sets(st.sampled_from("abcd"), max_size=3), min_size=1, max_size=6)
    asked, offered = data.draw(labels), data.draw(labels)
    random = np.random.default_rng(data.draw(st.integers(0, 9)))
    queries, gallery = random.normal(size=(len(asked), 3)), random.normal(size=(len(offered), 3))
    places = [i for i, one in enumerate(offered) if one]
    hits = []
    for query, wanted in zip(queries, asked, strict=True):
        if wanted and places:
            hits.append(bool(wanted & offered[max(places, key=lambda i: float(query @ gallery[i]))]))
    found = retrieval.attribute_match(queries, gallery, query_labels=asked, gallery_labels=offered)[0]
    assert found == (np.mean(hits) if hits else None)
