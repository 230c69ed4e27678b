"""Which patches a few-shot trial learns from and is tested on: balanced, of named photographs, no place in both."""

import fnmatch
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crackpipe.compute import seeds
from crackpipe.errors import DatasetError

SPLITS = ("ood", "pool", "test")  # in the order of the table
_LABELS = {1: "crack", 0: "crack-free"}


def draw(
    patches: pd.DataFrame,
    photos: pd.DataFrame,
    *,
    train_sources: Sequence[str],
    test_sources: Sequence[str],
    ood_sources: Sequence[str],
    pool: int,
    test: int,
    ood: int,
    seed: int,
) -> pd.DataFrame:
    """Draw patches, half of them cracks: a pool of training photographs, a test set of test photographs, and others.

    Where there are fewer than asked for, all are taken, as many of both classes. Patches of photographs that
    ``ood_sources`` names are in neither pool nor test, nor are those of the same structures.

    Args:
        patches: the table of that name; turned copies are left out.
        photos: photo_id, source, split and group_id of each photograph.
        train_sources, test_sources, ood_sources: names of sources, or patterns of photo_ids such as
            ``demo/brick-*``; an empty list names every source, but of ``ood_sources`` none.
        pool, test, ood: at most so many patches.

    Returns:
        the columns of ``patches``, and split (pool, test or ood), item_id, source and group_id; ascending in split
        and item_id.

    Raises:
        DatasetError: a name matches no photograph, pool or test lacks a class, or share a structure.
    """
    cut = patches[patches["symmetry"] == 0].drop(columns="split")
    known = cut.merge(photos, on="photo_id", validate="many_to_one").sort_values(["photo_id", "row_px", "col_px"])
    other = named(photos, ood_sources, key="ood_sources") if ood_sources else np.zeros(len(photos), bool)
    excluded = set(photos["group_id"][other])
    parts = []
    for number, (name, sources, count, own) in enumerate(
        (("pool", train_sources, pool, "train"), ("test", test_sources, test, "test"))
    ):
        key = "train_sources" if name == "pool" else "test_sources"
        chosen = named(photos, sources, key=key) if sources else np.ones(len(photos), bool)
        ids = set(photos["photo_id"][chosen & (photos["split"] == own) & ~photos["group_id"].isin(excluded)])
        found = _balanced(known[known["photo_id"].isin(ids)], count=count, random=seeds.generator(seed, number))
        _check_classes(found, split=own, key=key, sources=sources)
        parts.append(found.assign(split=name))
    others = known[known["photo_id"].isin(set(photos["photo_id"][other]))]
    parts.append(_balanced(others, count=ood, random=seeds.generator(seed, 2)).assign(split="ood"))
    _check_groups(parts[0], parts[1])
    drawn = pd.concat(parts)
    place = drawn["row_px"].astype(str) + "," + drawn["col_px"].astype(str) + "+" + drawn["side_px"].astype(str)
    drawn["item_id"] = drawn["photo_id"] + "@" + place
    return drawn.sort_values(["split", "item_id"], ignore_index=True)


def nothing(patches: pd.DataFrame) -> pd.DataFrame:
    """What :func:`draw` returns, without a row: for a pipeline that asks for no head."""
    return patches.iloc[:0].assign(item_id="", source="", group_id="")


def named(photos: pd.DataFrame, sources: Sequence[str], *, key: str) -> np.ndarray:
    """Which photographs (n,) are of one of ``sources``: names of sources, or patterns of photo_ids.

    Raises:
        DatasetError: one of them matches none.
    """
    chosen = np.zeros(len(photos), bool)
    for one in sources:
        pattern = one if "/" in one else f"{one}/*"
        hits = np.array([fnmatch.fnmatchcase(photo_id, pattern) for photo_id in photos["photo_id"]], bool)
        if not hits.any():
            known = ", ".join(sorted(set(photos["source"])))
            raise DatasetError(
                f"few_shot.{key}: {one!r} matches no photograph; name a source of ingest.sources ({known}), or a "
                "pattern of photo_ids such as demo/brick-*"
            )
        chosen |= hits
    return chosen


def shortages(items: pd.DataFrame, *, pool: int, test: int, ood: int) -> list[str]:
    """A sentence for each part that has fewer patches than asked for, with the class that it ran out of."""
    told = []
    for name, asked in (("pool", pool), ("test", test), ("ood", ood)):
        found = items[items["split"] == name]
        if len(found) and len(found) < asked - asked % 2:
            told.append(
                f"{name}: {len(found)} of the {asked} patches asked for, for there are no more of both classes; "
                f"more photographs, or a smaller slice.stride_px, would give more"
            )
    return told


def _balanced(candidates: pd.DataFrame, *, count: int, random: np.random.Generator) -> pd.DataFrame:
    """Equally many of both classes, at most ``count``; of one class alone where there is no other."""
    classes = [candidates[candidates["label"] == label] for label in _LABELS]
    present = [one for one in classes if len(one)]
    if not present:
        return candidates
    each = min(count // len(present), *(len(one) for one in present))
    return pd.concat([one.iloc[random.permutation(len(one))[:each]] for one in present])


def _check_classes(found: pd.DataFrame, *, split: str, key: str, sources: Sequence[str]) -> None:
    missing = [name for label, name in _LABELS.items() if not (found["label"] == label).any()]
    if missing:
        which = f"of {', '.join(sources)} " if sources else ""
        raise DatasetError(
            f"few_shot.{key}: the {split} photographs {which}have no {' and no '.join(missing)} patch, but both "
            f"classes are needed; name other sources, or give these a {split} split in ingest.sources"
        )


def _check_groups(pool: pd.DataFrame, test: pd.DataFrame) -> None:
    shared = sorted(set(pool["group_id"]) & set(test["group_id"]))
    if shared:
        raise DatasetError(
            f"few_shot: {len(shared)} structures have patches in both pool and test, first {shared[0]!r}; "
            "no place may be in both: run `dvc repro ingest` again"
        )
