"""Time the dark map of one photograph: a loop of scikit-image's multi-Otsu over patches, against a compiled search.

Run ``python -m benchmarks.dark_map [--data DIR]``. Three classes, patches of 32 px every 8 px, no bilateral filter.
"""

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import command, peers, photographs, table, timing
from crackpipe.imaging import dark_map, images, otsu

PHOTOS = 1
BAR = 20
SIDE_PX, STRIDE_PX, CLASSES, TURNS = 32, 8, 3, 3


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Both dark maps of ``photos`` photographs, and where and why their pixels differ."""
    chosen = [one.image for one in photographs.load(photos, data=data)]
    floats = partial(peers.float_threshold, classes=CLASSES)
    ways = {"peers": partial(looped, chosen, threshold=floats), "ours": partial(ours, chosen)}
    found, times = timing.by_turns(ways, turns=TURNS, what="dark map")
    levels = looped(chosen, threshold=partial(peers.level_threshold, classes=CLASSES))
    exact = looped(chosen, threshold=best_threshold)
    if differing(found["ours"], exact):
        raise SystemExit(f"dark map: {differing(found['ours'], exact)} pixels differ from the literal loop; expected 0")
    total = sum(one.size for one in exact)
    lost, gained = only_in(exact, found["peers"]), only_in(found["peers"], exact)
    return table.Section(
        title="Dark map by patch-wise multi-Otsu",
        about=f"{CLASSES} classes, patches of {SIDE_PX} px every {STRIDE_PX} px; "
        f"{chosen[0].shape[1]}×{chosen[0].shape[0]} px, {photographs.described(data)}.",
        rows=(table.faster(photographs.counted(photos), peers=times["peers"], ours=times["ours"], bar=BAR),),
        notes=(
            "Ours equals, pixel for pixel, a loop that searches the thresholds of each patch one by one.",
            f"{lost + gained} of {total} pixels differ from the peers' loop: {lost} are dark in ours alone, {gained} "
            "in theirs. It counts a patch in 256 bins between its least and greatest value and returns a bin's centre; "
            "where that lies below the level that stands in the bin, the level is lost to the darkest class, and as "
            "levels fall into bins unevenly, near decisions turn out otherwise.",
            f"{differing(exact, levels)} of {total} differ from scikit-image on whole grey levels, which sums in "
            "float32: that decides between nearly equal thresholds.",
        ),
    )


def ours(chosen: list[np.ndarray]) -> list[np.ndarray]:
    """Dark pixels of each photograph, by the compiled search."""
    find = partial(dark_map.dark, side_px=SIDE_PX, stride_px=STRIDE_PX, classes=CLASSES)
    return [find(one, bilateral_px=0, bilateral_sigma=1.0) for one in chosen]


def looped(chosen: list[np.ndarray], *, threshold: peers.Threshold) -> list[np.ndarray]:
    """Dark pixels of each photograph, patch by patch."""
    find = partial(peers.dark, side_px=SIDE_PX, stride_px=STRIDE_PX, threshold=threshold)
    return [find(images.to_grey(one)) for one in chosen]


def best_threshold(patch: np.ndarray) -> float | None:
    """Lower threshold of a patch by exhaustive search, as :mod:`crackpipe.imaging.otsu` defines it.

    Of all pairs of thresholds the one with the greatest between-class variance; of equally good ones the smallest.
    """
    levels, counts = np.unique(patch, return_counts=True)
    if len(levels) < CLASSES:
        return None
    count = np.concatenate([[0], np.cumsum(counts)])
    total = np.concatenate([[0], np.cumsum(counts * levels.astype(np.int64))])
    low, high = np.triu_indices(len(levels), 1)  # classes: [0, low], (low, high], (high, end)
    keep = high < len(levels) - 1
    low, high = low[keep] + 1, high[keep] + 1
    quality = (
        total[low] ** 2 / count[low]
        + (total[high] - total[low]) ** 2 / (count[high] - count[low])
        + (total[-1] - total[high]) ** 2 / (count[-1] - count[high])
    )
    best = quality >= quality.max() * otsu.TIE
    return float(levels[low[best].min() - 1])


def differing(some: list[np.ndarray], others: list[np.ndarray]) -> int:
    """Number of pixels that differ."""
    return only_in(some, others) + only_in(others, some)


def only_in(some: list[np.ndarray], others: list[np.ndarray]) -> int:
    """Number of pixels that are dark in ``some`` and not in ``others``."""
    return sum(int(np.count_nonzero(one & ~other)) for one, other in zip(some, others, strict=True))


if __name__ == "__main__":
    main()
