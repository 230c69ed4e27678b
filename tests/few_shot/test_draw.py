"""The drawn pool and test set: balanced, from the named photographs, no structure in both; shortages are reported."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from crackpipe.errors import DatasetError
from crackpipe.few_shot import draw as few_shot_draw

SPLITS = ["train"] * 6 + ["test"] * 4
WANTED: dict[str, Any] = {"train_sources": [], "test_sources": [], "ood_sources": [], "pool": 8, "test": 6, "ood": 4}


def photos() -> pd.DataFrame:
    rows = [
        {"photo_id": f"{source}/p{number}", "source": source, "split": split, "group_id": f"{source}/g{number}"}
        for source in ("a", "b")
        for number, split in enumerate(SPLITS)
    ]
    return pd.DataFrame(rows)


def patches() -> pd.DataFrame:
    """Two patches of each photograph, one of them a crack, each in two symmetries."""
    rows = [
        {
            "photo_id": one.photo_id,
            "row_px": 0,
            "col_px": 8 * label,
            "side_px": 8,
            "symmetry": turn,
            "label": label,
            "split": one.split,
        }
        for one in photos().itertuples()
        for label in (0, 1)
        for turn in (0, 1)
    ]
    return pd.DataFrame(rows)


def draw(**changed: Any) -> pd.DataFrame:
    return few_shot_draw.draw(patches(), photos(), seed=1, **(WANTED | changed))


def test_both_classes_are_drawn_equally_and_no_structure_is_in_pool_and_test() -> None:
    found = draw()
    assert found["split"].value_counts().to_dict() == {"pool": 8, "test": 6}
    assert found.groupby("split")["label"].mean().tolist() == [0.5, 0.5]
    groups = found.groupby("split")["group_id"].agg(set)
    assert groups["pool"].isdisjoint(groups["test"])
    assert (found["symmetry"] == 0).all()
    assert found[["split", "item_id"]].equals(found[["split", "item_id"]].sort_values(["split", "item_id"]))
    assert found["item_id"][0] == f"{found['photo_id'][0]}@0,{found['col_px'][0]}+8"


def test_train_here_and_test_there() -> None:
    found = draw(train_sources=["a"], test_sources=["b"])
    assert found.groupby("split")["source"].agg(set).to_dict() == {"pool": {"a"}, "test": {"b"}}


def test_photographs_of_another_kind_and_their_structures_are_in_neither() -> None:
    found = draw(ood_sources=["a/p0", "b/p9"], pool=99, test=99)
    assert set(found[found["split"] == "ood"]["photo_id"]) == {"a/p0", "b/p9"}
    assert not set(found[found["split"] != "ood"]["photo_id"]) & {"a/p0", "b/p9"}


def test_all_patches_are_taken_where_there_are_too_few_and_that_is_reported() -> None:
    wanted = {"pool": 1000, "test": 6, "ood": 4}
    found = draw(**wanted)
    assert (found["split"] == "pool").sum() == 24
    (line,) = few_shot_draw.shortages(found, **wanted)
    assert line.startswith("pool: 24 of the 1000 patches asked for")


@pytest.mark.parametrize("key", ["train_sources", "test_sources", "ood_sources"])
def test_a_name_that_matches_nothing_is_refused(key: str) -> None:
    with pytest.raises(DatasetError, match=rf"few_shot\.{key}: 'c' matches no photograph; .*ingest\.sources \(a, b\)"):
        draw(**{key: ["c"]})


def test_a_source_without_photographs_of_the_split_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"few_shot\.train_sources: the train photographs of a/p9 have no crack and"):
        draw(train_sources=["a/p9"])


def test_the_same_seed_draws_the_same_and_inputs_stay() -> None:
    before = patches()
    first, second = draw(), draw()
    assert first.equals(second)
    assert patches().equals(before)
    assert not np.array_equal(first["item_id"], few_shot_draw.draw(patches(), photos(), seed=2, **WANTED)["item_id"])


def test_nothing_has_the_same_columns() -> None:
    assert sorted(few_shot_draw.nothing(patches()).columns) == sorted(draw().columns)
