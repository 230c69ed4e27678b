"""Draw of the patches that a few-shot trial learns from and is tested on: balanced, no structure in both."""

import fnmatch
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crackpipe.compute import seeds
from crackpipe.data import class_counts
from crackpipe.errors import DatasetError

SPLITS = ("ood", "pool", "test")  # in the order of the table


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

    Where there are too few, all are taken, as many of both classes. Patches of photographs that ``ood_sources`` names
    are in neither pool nor test, nor are those of the same structures.

    Args:
        patches: the table of that name; turned copies are left out.
        photos: photo_id, source, split and group_id of each photograph.
        train_sources, test_sources, ood_sources: names of sources, or patterns of photo_ids such as
            ``demo/brick-*``; an empty list names every source, but of ``ood_sources`` none.
        pool, test, ood: patches of each part, at most.
        seed: of the draw.

    Returns:
        the columns of ``patches``, and split (pool, test or ood), item_id, source and group_id; ascending in split
        and item_id.

    Raises:
        DatasetError: a name matches no photograph, pool or test lacks a class, or share a structure.
    """
    upright = patches[patches["symmetry"] == 0].drop(columns="split")
    candidates = upright.merge(photos, on="photo_id", validate="many_to_one")
    candidates = candidates.sort_values(["photo_id", "row_px", "col_px"])
    is_ood = named(photos, ood_sources, key="ood_sources") if ood_sources else np.zeros(len(photos), bool)
    excluded = set(photos["group_id"][is_ood])
    parts = []
    wanted = (("pool", "train", train_sources, pool), ("test", "test", test_sources, test))
    for number, (name, split, sources, count) in enumerate(wanted):
        key = f"{split}_sources"
        of_sources = named(photos, sources, key=key) if sources else np.ones(len(photos), bool)
        ids = set(photos["photo_id"][of_sources & (photos["split"] == split) & ~photos["group_id"].isin(excluded)])
        part = _balanced(
            candidates[candidates["photo_id"].isin(ids)], count=count, random=seeds.generator(seed, number)
        )
        _check_classes(part, split=split, key=key, sources=sources)
        parts.append(part.assign(split=name))
    ood_patches = candidates[candidates["photo_id"].isin(set(photos["photo_id"][is_ood]))]
    parts.append(_balanced(ood_patches, count=ood, random=seeds.generator(seed, 2)).assign(split="ood"))
    _check_groups(parts[0], parts[1])
    drawn = pd.concat(parts)
    square = drawn["row_px"].astype(str) + "," + drawn["col_px"].astype(str) + "+" + drawn["side_px"].astype(str)
    drawn["item_id"] = drawn["photo_id"] + "@" + square
    return drawn.sort_values(["split", "item_id"], ignore_index=True)


def nothing(patches: pd.DataFrame) -> pd.DataFrame:
    """A table with the columns of :func:`draw` and no row, for a pipeline that trains no head."""
    return patches.iloc[:0].assign(item_id="", source="", group_id="")


def named(photos: pd.DataFrame, sources: Sequence[str], *, key: str) -> np.ndarray:
    """Mask (n,) of the photographs that belong to one of ``sources``.

    Args:
        photos: photo_id and source of each photograph.
        sources: names of sources, or patterns of photo_ids.
        key: of ``sources`` in section ``few_shot``, for the error.

    Raises:
        DatasetError: a name or pattern matches no photograph.
    """
    mask = np.zeros(len(photos), bool)
    for source in sources:
        pattern = source if "/" in source else f"{source}/*"
        matches = np.array([fnmatch.fnmatchcase(photo_id, pattern) for photo_id in photos["photo_id"]], bool)
        if not matches.any():
            known = ", ".join(sorted(set(photos["source"])))
            raise DatasetError(
                f"few_shot.{key}: {source!r} matches no photograph; name a source of ingest.sources ({known}), or a "
                "pattern of photo_ids such as demo/brick-*"
            )
        mask |= matches
    return mask


def shortages(items: pd.DataFrame, *, pool: int, test: int, ood: int) -> list[str]:
    """Sentences on the parts that have fewer patches than wanted.

    Args:
        items: as :func:`draw` returns them.
        pool, test, ood: wanted patches of each part.
    """
    sentences = []
    for name, wanted in (("pool", pool), ("test", test), ("ood", ood)):
        count = int((items["split"] == name).sum())
        if 0 < count < wanted - wanted % 2:
            sentences.append(
                f"{name}: {count} of the {wanted} patches asked for, for there are no more of both classes; "
                f"more photographs, or a smaller slice.stride_px, would give more"
            )
    return sentences


def _balanced(candidates: pd.DataFrame, *, count: int, random: np.random.Generator) -> pd.DataFrame:
    """Equally many of both classes, at most ``count``; of one class alone where there is no other."""
    classes = [candidates[candidates["label"] == label] for label in class_counts.CLASSES.values()]
    present = [members for members in classes if len(members)]
    if not present:
        return candidates
    each = min(count // len(present), *(len(members) for members in present))
    return pd.concat([members.iloc[random.permutation(len(members))[:each]] for members in present])


def _check_classes(part: pd.DataFrame, *, split: str, key: str, sources: Sequence[str]) -> None:
    missing = [name for name, count in class_counts.count(part["label"].to_numpy()).items() if not count]
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
            "no structure may be in both: run `dvc repro ingest` again"
        )
