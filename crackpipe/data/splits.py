"""Splits into training, validation and test: of whole groups, by the authors, or by a ratio."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from crackpipe.data.photo import RawPhoto, Split
from crackpipe.errors import DatasetError

SPLITS: tuple[Split, ...] = ("train", "val", "test")
PRECEDENCE: tuple[Split, ...] = ("test", "val", "train")
"""Where two splits claim one thing, the first of these keeps it: test figures stay comparable, training gives way."""

Item = TypeVar("Item")


def assign(photos: Sequence[RawPhoto], *, source: str, how: str, seed: int) -> list[Split | None]:
    """Give each photograph its split.

    Args:
        source: the dataset's name, for errors, and so that two datasets are shuffled differently.
        how: ``own`` takes the authors' split, ``None`` where a photograph has none; ``train``, ``val`` and ``test`` put
            all into one; ``3:1:1`` divides the groups by that ratio, see :func:`by_group`.
        seed: changes which groups a ratio puts where.

    Raises:
        DatasetError: ``own``, but the authors gave no split; or ``how`` is none of these.
    """
    if how == "own":
        if not any(photo.own_split for photo in photos):
            raise DatasetError(
                f"dataset {source}: split is own, but its authors gave none; set its split to train, val, test or 3:1:1"
            )
        return [photo.own_split for photo in photos]
    for split in SPLITS:
        if how == split:
            return [split] * len(photos)
    if not re.fullmatch(r"\d+:\d+:\d+", how):
        raise DatasetError(
            f"dataset {source}: split is {how!r}, expected own, train, val, test or a ratio such as 3:1:1"
        )
    train, val, test = (int(part) for part in how.split(":"))
    where = by_group((f"{source}/{photo.group}" for photo in photos), ratio=(train, val, test), seed=seed)
    return [where[f"{source}/{photo.group}"] for photo in photos]


def by_group(groups: Iterable[str], *, ratio: tuple[int, int, int], seed: int) -> dict[str, Split]:
    """Divide groups by a ratio train : val : test, in numbers of groups, not of photographs or labels.

    The groups are ranked by a hash of seed and name, and the ranking is cut in three. So the shares are exact, a new
    group moves at most one other group over each cut, and the order of ``groups`` does not matter. Every part with
    a share above 0 gets a group, where there are enough.

    Args:
        groups: names, in any order and number.
        ratio: parts of train, val and test, each 0 or more.
        seed: of the ranking.

    Raises:
        DatasetError: the ratio is 0:0:0.
    """
    if sum(ratio) == 0:
        raise DatasetError("split is 0:0:0, expected a ratio with at least one part above 0, such as 3:1:1")
    ranked = sorted(set(groups), key=lambda group: hashlib.sha256(f"{seed}/{group}".encode()).digest())
    sizes = _sizes(len(ranked), ratio)
    labels = [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
    return dict(zip(ranked, labels, strict=True))


def _sizes(total: int, ratio: tuple[int, int, int]) -> list[int]:
    """Cut ``total`` by ``ratio`` at the nearest whole numbers; each part above 0 has one at least, the first first."""
    wanted = [int(part > 0) for part in ratio]
    while total < sum(wanted):
        wanted[max(part for part in range(3) if wanted[part])] = 0
    cuts = [0]
    for part in range(3):
        nearest = (2 * total * sum(ratio[: part + 1]) + sum(ratio)) // (2 * sum(ratio))
        room_after = total - sum(wanted[part + 1 :])
        cuts.append(min(max(nearest, cuts[-1] + wanted[part]), room_after))
    return [cuts[part + 1] - cuts[part] for part in range(3)]


def thin(items: Sequence[Item], *, limit: int | None) -> list[Item]:
    """Take at most ``limit`` items, evenly spaced over the sequence; ``None`` takes all."""
    if limit is None or len(items) <= limit:
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def kept_of_group(splits: Iterable[Split]) -> Split:
    """Return the split that keeps a group whose photographs claim several (see ``PRECEDENCE``)."""
    claimed = set(splits)
    return next(split for split in PRECEDENCE if split in claimed)
