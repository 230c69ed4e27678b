"""Draw of the patches that one epoch of training sees."""

import numpy as np
from jaxtyping import Int

from crackpipe.compute import seeds
from crackpipe.errors import DatasetError


def draw(
    labels: Int[np.ndarray, "n"], *, count: int, crack_share: float | None, seed: int, epoch: int
) -> Int[np.ndarray, "m"]:
    """Choose ``count`` patches, ``crack_share`` of them cracks, in random order; the same for the same seed and epoch.

    Patches are drawn without replacement while there are enough of a class, else each is drawn equally often. Without
    a ``crack_share`` cracks are as frequent as in ``labels``, so that probabilities need no correction.

    Args:
        labels: (n,) 1 crack, 0 none.
        count: m, 0 or more.
        crack_share: in (0, 1), or ``None``.
        seed, epoch: of the draw.

    Returns:
        (m,) indices of ``labels``.

    Raises:
        DatasetError: one of the two classes has no patch.
    """
    check_classes(labels)
    random = seeds.generator(seed, epoch)
    share = int(labels.sum()) / max(len(labels), 1) if crack_share is None else crack_share
    parts = []
    for label, wanted in ((1, round(count * share)), (0, count - round(count * share))):
        members = np.flatnonzero(labels == label)
        rounds = [random.permutation(members) for _ in range(-(-wanted // len(members)))]
        parts.append(np.concatenate(rounds)[:wanted] if rounds else members[:0])
    return random.permutation(np.concatenate(parts))


def check_classes(labels: Int[np.ndarray, "n"]) -> None:
    """Check that a classifier can be trained on patches with these labels.

    Raises:
        DatasetError: one of the two classes has no patch.
    """
    for label, missing, advice in (
        (1, "crack", "lower slice.min_crack_px, or add training photographs that show cracks"),
        (0, "crack-free", "lower slice.side_px, or add training photographs without cracks"),
    ):
        if not (labels == label).any():
            raise DatasetError(
                f"none of the {len(labels)} training patches is {missing}, but a classifier needs both classes; "
                f"{advice}"
            )
