"""Splits: whole groups, exact shares, little movement when photographs are added."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.data import splits
from crackpipe.data.photo import RawPhoto, Split
from crackpipe.errors import DatasetError

RATIOS = st.tuples(*[st.integers(0, 9)] * 3).filter(any)
GROUPS = st.sets(st.text("abc/0", min_size=1, max_size=4), max_size=30)


def photo(name: str, *, group: str, own: Split | None = None) -> RawPhoto:
    return RawPhoto(name=name, path=name, group=group, own_split=own, read_image=Path(name).read_bytes)


@given(groups=GROUPS, ratio=RATIOS, seed=st.integers(0, 2**32))
def test_every_group_is_assigned_and_every_share_above_zero_is_filled(
    groups: set[str], ratio: tuple[int, int, int], seed: int
) -> None:
    where = splits.by_group(groups, ratio=ratio, seed=seed)
    assert where.keys() == groups
    sizes = [sum(split == name for split in where.values()) for name in splits.SPLITS]
    wanted = [share > 0 for share in ratio]
    assert all(size == 0 for size, share in zip(sizes, ratio, strict=True) if share == 0)
    if len(groups) >= sum(wanted):
        assert [size > 0 for size in sizes] == wanted
    for size, share in zip(sizes, ratio, strict=True):
        assert abs(size - len(groups) * share / sum(ratio)) <= 2  # rounding, and the one that each part is given


@given(groups=GROUPS, added=st.text("xyz", min_size=1, max_size=3), ratio=RATIOS, seed=st.integers(0, 99))
def test_a_new_group_moves_at_most_one_group_over_each_cut(
    groups: set[str], added: str, ratio: tuple[int, int, int], seed: int
) -> None:
    before = splits.by_group(groups, ratio=ratio, seed=seed)
    after = splits.by_group(groups | {added}, ratio=ratio, seed=seed)
    assert sum(before[group] != after[group] for group in groups) <= 2


@given(numbers=st.lists(st.integers(0, 8), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_no_group_crosses_splits(numbers: list[int], seed: int) -> None:
    photos = [photo(str(index), group=f"g{number}") for index, number in enumerate(numbers)]
    assigned = splits.assign(photos, source="s", how="3:1:1", seed=seed)
    where: dict[str, set[Split | None]] = {}
    for item, split in zip(photos, assigned, strict=True):
        where.setdefault(item.group, set()).add(split)
    assert all(len(found) == 1 and None not in found for found in where.values())


def test_ten_groups_are_cut_3_1_1_exactly_whatever_their_order() -> None:
    names = [f"g{index}" for index in range(10)]
    where = splits.by_group(names, ratio=(3, 1, 1), seed=0)
    assert [list(where.values()).count(split) for split in splits.SPLITS] == [6, 2, 2]
    assert splits.by_group(reversed(names), ratio=(3, 1, 1), seed=0) == where
    assert splits.by_group(names, ratio=(3, 1, 1), seed=1) != where


def test_own_takes_the_authors_split_and_leaves_gaps_open() -> None:
    photos = [photo("a", group="a", own="test"), photo("b", group="b")]
    assert splits.assign(photos, source="s", how="own", seed=0) == ["test", None]
    assert splits.assign(photos, source="s", how="val", seed=0) == ["val", "val"]


def test_own_without_any_split_says_what_to_set() -> None:
    with pytest.raises(
        DatasetError, match="dataset cfd: split is own, but its authors gave none; set its split to train"
    ):
        splits.assign([photo("a", group="a")], source="cfd", how="own", seed=0)


def test_an_unknown_split_and_an_empty_ratio_are_refused() -> None:
    with pytest.raises(DatasetError, match="dataset s: split is 'half', expected own, train, val, test or a ratio"):
        splits.assign([photo("a", group="a")], source="s", how="half", seed=0)
    with pytest.raises(DatasetError, match="split is 0:0:0, expected a ratio with at least one part above 0"):
        splits.assign([photo("a", group="a")], source="s", how="0:0:0", seed=0)


def test_thin_spaces_what_it_keeps_evenly() -> None:
    assert splits.thin(range(10), limit=3) == [0, 3, 6]
    assert splits.thin(range(3), limit=5) == [0, 1, 2]
    assert splits.thin(range(3), limit=None) == [0, 1, 2]


@given(total=st.integers(0, 50), limit=st.integers(1, 60))
def test_thin_keeps_exactly_as_many_as_it_may(total: int, limit: int) -> None:
    kept = splits.thin(range(total), limit=limit)
    assert kept == sorted(set(kept))
    assert len(kept) == min(total, limit)


def test_a_group_that_several_splits_claim_stays_in_test_then_val() -> None:
    assert splits.kept_of_group(["train", "test", "val"]) == "test"
    assert splits.kept_of_group(["train", "val"]) == "val"
