"""Data that training would stumble over, or silently profit from, is refused before it."""

from dataclasses import replace

import numpy as np
import pytest

from crackpipe.errors import TableError
from crackpipe.few_shot import dataset
from crackpipe.few_shot.dataset import FewShotData, Patches


def patches(name: str, *, count: int = 6, width: int = 4) -> Patches:
    random = np.random.default_rng(len(name))
    vectors = random.normal(size=(count, width)).astype(np.float32)
    ids = [f"s/{name}{number}@0,0+8" for number in range(count)]
    return Patches(ids, vectors, np.arange(count) % 2, ["s"] * count, [f"{name}{number}" for number in range(count)])


def good() -> FewShotData:
    return FewShotData(patches("pool"), patches("testing"), patches("other one"), np.eye(2, 4, dtype=np.float32))


def test_good_data_passes() -> None:
    dataset.check(good())


@pytest.mark.parametrize(("part", "bad"), [("pool", np.nan), ("test", np.inf), ("ood", np.nan)])
def test_embeddings_that_are_not_finite_are_named(part: str, bad: float) -> None:
    data = good()
    vectors = getattr(data, part).vectors.copy()
    vectors[3, 1] = bad
    broken = replace(data, **{part: replace(getattr(data, part), vectors=vectors)})
    with pytest.raises(TableError, match=rf"{part}: the embedding of s/\w+.*3@0,0\+8 is not finite \(1 such\)"):
        dataset.check(broken)


def test_a_class_that_is_missing_is_named() -> None:
    data = good()
    with pytest.raises(TableError, match="test: has 0 crack and 6 crack-free patches, but at least one of each class"):
        dataset.check(replace(data, test=replace(data.test, labels=np.zeros(6, np.int64))))


def test_a_patch_in_both_pool_and_test_is_named() -> None:
    data = good()
    vectors = data.test.vectors.copy()
    vectors[2] = data.pool.vectors[4]
    with pytest.raises(TableError, match=r"share 1 patches with the same embedding, first s/testing2.* and s/pool4"):
        dataset.check(replace(data, test=replace(data.test, vectors=vectors)))


def test_a_structure_in_both_pool_and_test_is_named() -> None:
    data = good()
    groups = [*data.test.group_ids[:-1], "pool1"]
    with pytest.raises(TableError, match="pool and test share 1 structures, first 'pool1'"):
        dataset.check(replace(data, test=replace(data.test, group_ids=groups)))
