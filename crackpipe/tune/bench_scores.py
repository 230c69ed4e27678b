"""Scores of what a segmenter calls a crack: on photographs with cracks, and what it claims where there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.measures import geometry, segmentation
from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.segmentation import PhotoCounts
from crackpipe.tune import operating_point

DIGITS = 4
Levels = UInt8[np.ndarray, "h w"]
Truth = Bool[np.ndarray, "h w"]


@dataclass(frozen=True, slots=True)
class Scored:
    """One photograph: counts of its map, and of what counts as crack, exact and within some pixels; and its claims.

    Attributes:
        has_crack: by its truth.
        levels, cracks: counts, see :mod:`crackpipe.measures.segmentation`.
        found: number of cracks.
        claimed: share of it that is called crack.
        claimed_of_squares: the same of each of its squares that holds no crack.
        pixels: of it.
    """

    has_crack: bool
    levels: tuple[PhotoCounts, PhotoCounts]
    cracks: tuple[PhotoCounts, PhotoCounts]
    found: int
    claimed: float
    claimed_of_squares: list[float]
    pixels: int

    @classmethod
    def of(
        cls,
        raw: Levels,
        levels: Levels,
        truth: Truth,
        *,
        cracks: GeometrySettings,
        tolerance_px: int,
        square_px: int,
    ) -> "Scored":
        """Score one photograph.

        Args:
            raw: the network's confidence, 0–255, which ranks pixels most finely.
            levels: calibrated confidence, 0–255, in which cracks are found.
            truth: True on cracks.
            cracks: what counts as a crack.
            tolerance_px, square_px: see :class:`crackpipe.tune.bench.BenchSettings`.
        """
        claimed = np.zeros(levels.shape, np.uint8)
        found = geometry.find(levels, cracks)
        for crack in found:
            claimed[tuple(crack.pixels.T)] = 255
        counts = [
            (segmentation.count(one, truth), segmentation.count_tolerant(one, truth, tolerance_px=tolerance_px))
            for one in (raw, claimed)
        ]
        squares = [float((part > 0).mean()) for part in crack_free_squares(claimed, truth, side_px=square_px)]
        share = float((claimed > 0).mean())
        return cls(bool(truth.any()), counts[0], counts[1], len(found), share, squares, claimed.size)


def crack_free_squares(levels: Levels, truth: Truth, *, side_px: int) -> Iterator[Levels]:
    """Squares, side by side, of a photograph with cracks that hold none.

    Args:
        levels, truth: of the photograph.
        side_px: of the squares.
    """
    if not truth.any():
        return
    height, width = truth.shape
    for row in range(0, height - side_px + 1, side_px):
        for col in range(0, width - side_px + 1, side_px):
            window = slice(row, row + side_px), slice(col, col + side_px)
            if not truth[window].any():
                yield levels[window]


def with_cracks(scored: Sequence[Scored], *, tolerance_px: int) -> dict[str, Any]:
    """Figures of the photographs that have cracks; see :func:`crackpipe.tune.bench.run`. Empty without one."""
    cracked = [one for one in scored if one.has_crack]
    if not cracked:
        return {}
    figures: dict[str, Any] = {"photographs": len(cracked)}
    for place, suffix in enumerate(("", f"_{tolerance_px}px")):
        best = segmentation.score([one.levels[place] for one in cracked])
        f1 = float(np.mean(segmentation.f1_at([one.cracks[place] for one in cracked], threshold=0.5)))
        values = {"ods": best.ods, "ois": best.ois, "ap": best.ap, "f1": f1, "threshold": best.threshold}
        figures |= {f"{name}{suffix}": round(float(value), DIGITS) for name, value in values.items()}
    return figures


def without_cracks(scored: Sequence[Scored], *, square_px: int) -> dict[str, Any]:
    """What is claimed of photographs without a crack; of crack-free squares of the others where there are none."""
    whole = [one for one in scored if not one.has_crack]
    shares = [one.claimed for one in whole] or [share for one in scored for share in one.claimed_of_squares]
    if not shares:
        return {}
    megapixels = (sum(one.pixels for one in whole) or len(shares) * square_px**2) / 1e6
    figures: dict[str, Any] = {
        "photographs" if whole else "squares": len(shares),
        "megapixels": round(megapixels, DIGITS),
        "claimed": round(float((np.array(shares) >= operating_point.CLAIMED).mean()), DIGITS),
    }
    alarms = {"alarms_per_mpx": round(sum(one.found for one in whole) / megapixels, DIGITS)} if whole else {}
    return figures | alarms
