"""Exact search against a whole product that is sorted."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe.retrieval import nearest


def sorted_whole(queries: np.ndarray, gallery: np.ndarray, k: int) -> np.ndarray:
    product = queries.astype(np.float32) @ gallery.astype(np.float32).T
    return np.argsort(-product, axis=1, kind="stable")[:, :k]


@settings(max_examples=40)
@given(
    items=st.integers(1, 40),
    count=st.integers(0, 9),
    k=st.integers(1, 12),
    blocks=st.tuples(st.integers(1, 15), st.integers(1, 4)),
    half=st.booleans(),
    coarsely=st.booleans(),
)
def test_the_nearest_are_those_of_the_whole_product(
    items: int, count: int, k: int, blocks: tuple[int, int], half: bool, coarsely: bool
) -> None:
    random = np.random.default_rng(items * 100 + count)
    gallery, queries = random.normal(size=(items, 5)), random.normal(size=(count, 5))
    gallery, queries = (each.astype(np.float16 if half else np.float32) for each in (gallery, queries))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "ROWS", blocks[0])
        patch.setattr(nearest, "QUERIES", blocks[1])
        patch.setattr(nearest.runtime, "processor_has_bf16", lambda: coarsely)
        similarity, index = nearest.top(queries, gallery, k=k)
    assert similarity.shape == index.shape == (count, min(k, items))
    assert np.array_equal(index, sorted_whole(queries, gallery, k))
    wanted = np.einsum("qd,qkd->qk", queries.astype(np.float64), gallery.astype(np.float64)[index])
    np.testing.assert_allclose(similarity, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("length", [1, 30])
def test_vectors_that_bf16_cannot_separate_are_separated(monkeypatch: pytest.MonkeyPatch, length: float) -> None:
    """All within a thousandth of one direction: coarse products are wrong by several times that."""
    monkeypatch.setattr(nearest.runtime, "processor_has_bf16", lambda: True)
    monkeypatch.setattr(nearest, "ROWS", 16)
    random = np.random.default_rng(0)
    gallery = random.normal(size=(400, 64)) * 0.001 + random.normal(size=64) / 8
    gallery = (gallery / np.linalg.norm(gallery, axis=1, keepdims=True) * length).astype(np.float32)
    product = gallery[:20].astype(np.float64) @ gallery.astype(np.float64).T
    assert np.ptp(product) < 0.001 * length**2
    found = nearest.top(gallery[:20], gallery, k=5)[1]
    reached = np.take_along_axis(product, found, axis=1)
    np.testing.assert_allclose(reached, -np.sort(-product, axis=1)[:, :5], atol=1e-6 * length**2)


@settings(max_examples=40)
@given(seed=st.integers(0, 999), width=st.integers(1, 512), scale=st.sampled_from([0.01, 1.0, 100.0]))
def test_no_product_is_above_its_ceiling_and_that_is_near(seed: int, width: int, scale: float) -> None:
    random = torch.Generator().manual_seed(seed)
    queries, block = (torch.randn(count, width, generator=random) * scale for count in (4, 30))
    block[0] = queries[0]
    highest = (queries.double() @ block.double().T).amax(dim=1)
    above = nearest.ceiling(queries, block) - highest
    assert (above >= 0).all()
    assert (above <= 0.03 * queries.norm(dim=1) * block.norm(dim=1).max()).all()


@pytest.mark.parametrize("order", [1, -1])
def test_a_gallery_in_rising_or_falling_order_is_searched_to_its_end(order: int) -> None:
    gallery = np.arange(10_000, dtype=np.float32)[::order, None].copy()
    similarity, index = nearest.top(np.array([[1.0], [-1.0]]), gallery, k=3)
    assert similarity.tolist() == [[9999, 9998, 9997], [0, -1, -2]]
    assert gallery[index[..., None], 0][..., 0].tolist() == [[9999, 9998, 9997], [0, 1, 2]]


def test_equal_vectors_are_all_found_in_the_same_order_in_every_call() -> None:
    gallery = np.ones((9000, 2), np.float16)
    first, second = (nearest.top(gallery[:2], gallery, k=4) for _ in range(2))
    assert np.array_equal(first[1], second[1])
    assert all(len(set(row)) == 4 for row in first[1].tolist())
    assert (first[0] == 2).all()


def test_a_mapped_gallery_is_left_as_it_is(tmp_path: Path) -> None:
    np.arange(12, dtype=np.float16).tofile(tmp_path / "v")
    gallery = np.memmap(tmp_path / "v", np.float16, "r", shape=(4, 3))
    assert nearest.top(gallery[1:2], gallery, k=2)[1].tolist() == [[3, 2]]


@pytest.mark.parametrize(("k", "items"), [(0, 3), (2, 0)])
def test_nothing_to_search_is_refused(k: int, items: int) -> None:
    with pytest.raises(ValueError, match=f"k is {k} and the gallery has {items} vectors; give at least one of both"):
        nearest.top(np.ones((1, 2)), np.ones((items, 2)), k=k)
