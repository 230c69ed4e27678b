"""Pixel metrics of soft crack masks: ODS, OIS, AP and the precision–recall curve, from one histogram per photograph.

A prediction is an 8-bit confidence, ``confidence = level / 255``. The thresholds are ``t = k / 100``, k = 1 … 99
(CrackCLIP, "Evaluation metrics"), and a pixel is predicted crack where ``level / 255 >= k / 100``. That is decided in
integers, ``level >= CUT[k - 1]`` with ``CUT[k - 1] = ceil(255 k / 100)``, so that no rounding moves a pixel.

All thresholds are counted at once: a 256-bin histogram of the levels, and one of the levels on crack, summed from
above. Only the sums are kept (3 × 99 integers a photograph), so memory does not grow with the pixels, and lists of
counts from several runs may be joined with ``+`` in any order without changing a bit of the scores.

Definitions that hold everywhere in this file: precision is 1 where nothing is predicted, recall is 1 where nothing is
crack, and ``F1 = 2 P R / (P + R)``, 0 where both are 0. So a photograph whose truth and prediction are both empty
scores 1, one with an empty truth and any predicted pixel scores 0, and so does one whose cracks are all missed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from crackpipe.imaging import images

STEPS = 100
CUT: Int64[np.ndarray, "99"] = np.array([-(-255 * k // STEPS) for k in range(1, STEPS)], np.int64)

Levels = UInt8[np.ndarray, "h w"]
Truth = Bool[np.ndarray, "h w"]
PerThreshold = Int64[np.ndarray, "99"]


@dataclass(frozen=True, slots=True, eq=False)
class PhotoCounts:
    """Pixel counts of one photograph at the thresholds 0.01 … 0.99, in that order.

    Attributes:
        tp_precision: predicted pixels that are crack (tolerant: that lie near a crack pixel).
        predicted: predicted pixels.
        tp_recall: crack pixels that are predicted (tolerant: that have a predicted pixel nearby).
        positives: crack pixels.
    """

    tp_precision: PerThreshold
    predicted: PerThreshold
    tp_recall: PerThreshold
    positives: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a set of photographs, each in [0, 1].

    Attributes:
        ods: the largest mean over photographs of F1, with one threshold for all of them.
        ois: the mean over photographs of the largest F1, with a threshold for each of them; never below ``ods``.
        ap: area under the precision–recall curve of the pooled counts; see :func:`average_precision`.
        ods_pooled: the largest F1 of the pooled counts, with one threshold (BSDS's way; wide cracks weigh more).
        threshold: the threshold of ``ods``; the lowest one of several that are equally good.
        n: photographs.
    """

    ods: float
    ois: float
    ap: float
    ods_pooled: float
    threshold: float
    n: int


class CurvePoint(TypedDict):
    """Pooled precision and recall at one threshold."""

    threshold: float
    precision: float
    recall: float


def count(levels: Levels, truth: Truth) -> PhotoCounts:
    """Count one photograph's pixels at all thresholds, pixel against pixel.

    Args:
        levels: (h, w) predicted confidence, 0–255.
        truth: (h, w) True = crack.

    Raises:
        ValueError: the two differ in shape or are of another type.
    """
    _check(levels, truth)
    hit = _reached_among(levels[truth])
    return PhotoCounts(hit, _reached(levels), hit, int(np.count_nonzero(truth)))


def count_tolerant(levels: Levels, truth: Truth, *, tolerance_px: int) -> PhotoCounts:
    """Count one photograph's pixels at all thresholds, forgiving an offset of up to ``tolerance_px``.

    A predicted pixel is right where a crack pixel lies within the Euclidean distance ``tolerance_px`` of it; a crack
    pixel is found where a predicted pixel lies within that distance. Several pixels may match the same one (BSDS pairs
    them one to one instead). A tolerance of 0 equals :func:`count`.

    Args:
        levels: (h, w) predicted confidence, 0–255.
        truth: (h, w) True = crack.
        tolerance_px: 0 or more.

    Raises:
        ValueError: the two differ in shape or are of another type, or the tolerance is negative.
    """
    _check(levels, truth)
    if tolerance_px < 0:
        raise ValueError(f"count_tolerant: tolerance_px is {tolerance_px}; it must be 0 or more")
    near_truth = images.dilate_disk(truth.astype(np.uint8), radius_px=tolerance_px) > 0
    # a level within reach is predicted at a threshold exactly where the largest level within reach is
    near_levels = images.dilate_disk(levels, radius_px=tolerance_px)
    return PhotoCounts(
        tp_precision=_reached_among(levels[near_truth]),
        predicted=_reached(levels),
        tp_recall=_reached_among(near_levels[truth]),
        positives=int(np.count_nonzero(truth)),
    )


def score(counts: Sequence[PhotoCounts]) -> Scores:
    """Score a set of photographs (CrackCLIP, "Evaluation metrics"; :class:`Scores` defines each figure).

    Args:
        counts: of each photograph, by :func:`count` or :func:`count_tolerant`.

    Raises:
        ValueError: ``counts`` is empty.
    """
    f1 = f1_per_photo(counts)
    # fsum is exact, so the scores do not depend on the order of the photographs
    means = np.array([math.fsum(column) / len(counts) for column in f1.T])
    best = int(np.argmax(means))
    precision, recall = _pooled(counts)
    return Scores(
        ods=float(means[best]),
        ois=math.fsum(f1.max(axis=1)) / len(counts),
        ap=average_precision(precision, recall),
        ods_pooled=float(_f1(precision, recall).max()),
        threshold=(best + 1) / STEPS,
        n=len(counts),
    )


def average_precision(precision: Float64[np.ndarray, "99"], recall: Float64[np.ndarray, "99"]) -> float:
    """Area under the precision–recall curve, ``AP = Σ_t (R_t − R_{t+0.01}) P_t`` with ``R_{1.00} = 0``.

    A sum of steps from the highest threshold down (CrackCLIP's AP, written with positive steps). Recall that is only
    reached below the lowest threshold, by pixels with a confidence under 0.01, adds nothing.
    """
    return math.fsum((recall - np.append(recall[1:], 0.0)) * precision)


def curve(counts: Sequence[PhotoCounts]) -> list[CurvePoint]:
    """List pooled precision and recall at each threshold, lowest threshold first, for a plot.

    Raises:
        ValueError: ``counts`` is empty.
    """
    precision, recall = _pooled(counts)
    return [
        {"threshold": k / STEPS, "precision": float(p), "recall": float(r)}
        for k, (p, r) in enumerate(zip(precision, recall, strict=True), start=1)
    ]


def f1_at(counts: Sequence[PhotoCounts], *, threshold: float) -> Float64[np.ndarray, " n"]:
    """F1 of each photograph at one of the thresholds, for instance at ``Scores.threshold``.

    Raises:
        ValueError: ``counts`` is empty, or ``threshold`` is none of 0.01, 0.02 … 0.99.
    """
    k = round(threshold * STEPS) if math.isfinite(threshold) else 0
    if not (1 <= k < STEPS and math.isclose(threshold, k / STEPS)):
        raise ValueError(
            f"f1_at: threshold is {threshold}; counts are kept at 0.01, 0.02 … 0.99 only: take one of them"
        )
    return f1_per_photo(counts)[:, k - 1]


def _check(levels: np.ndarray, truth: np.ndarray) -> None:
    if levels.dtype != np.uint8 or truth.dtype != np.bool_:
        raise ValueError(
            f"levels are {levels.dtype} and truth is {truth.dtype}, but uint8 (0–255) and bool are counted; "
            "convert a confidence in [0, 1] with images.to_levels, and a mask with `mask > 0`"
        )
    if levels.shape != truth.shape or levels.ndim != 2:
        raise ValueError(
            f"levels have shape {levels.shape} and truth has {truth.shape}, but both must be the photograph's "
            "(height, width); resize the prediction to the mask, never the mask to the prediction"
        )


def _reached(levels: Levels) -> PerThreshold:
    """Count the levels of a whole photograph that reach each threshold."""
    flat = levels.ravel()
    whole = flat.size & ~7
    # eight pixels at level 0 reach no threshold; most of a prediction is that, so they are left out, eight at a time
    words = flat[:whole].view(np.uint64)
    words = words[words != 0]
    # two neighbours are counted as one 16-bit number and parted afterwards: half the reads
    pairs = np.bincount(words.view(np.uint16), minlength=1 << 16).reshape(256, 256)
    rest = np.bincount(flat[whole:], minlength=256)
    return _from_above(pairs.sum(axis=0) + pairs.sum(axis=1) + rest)


def _reached_among(levels: UInt8[np.ndarray, " few"]) -> PerThreshold:
    """Count the levels that reach each threshold; the form for the few pixels on or near a crack."""
    return _from_above(np.bincount(levels, minlength=256))


def _from_above(histogram: Int64[np.ndarray, "256"]) -> PerThreshold:
    return histogram[::-1].cumsum()[::-1][CUT]


def f1_per_photo(counts: Sequence[PhotoCounts]) -> Float64[np.ndarray, "n 99"]:
    """F1 of each photograph at each threshold.

    Raises:
        ValueError: ``counts`` is empty.
    """
    tp_precision, predicted, tp_recall, positives = stacked(counts)
    return _f1(ratio(tp_precision, predicted), ratio(tp_recall, positives))


def _pooled(counts: Sequence[PhotoCounts]) -> tuple[Float64[np.ndarray, "99"], Float64[np.ndarray, "99"]]:
    tp_precision, predicted, tp_recall, positives = (part.sum(axis=0) for part in stacked(counts))
    return ratio(tp_precision, predicted), ratio(tp_recall, positives)


def stacked(counts: Sequence[PhotoCounts]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Stack the counts of n photographs: three arrays (n, 99), in the order of the fields, and the positives (n, 1).

    Raises:
        ValueError: ``counts`` is empty.
    """
    if not counts:
        raise ValueError("no photograph has been counted; score at least one")
    return (
        np.stack([photo.tp_precision for photo in counts]),
        np.stack([photo.predicted for photo in counts]),
        np.stack([photo.tp_recall for photo in counts]),
        np.array([[photo.positives] for photo in counts]),
    )


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """``part / whole``, and 1 where both are 0."""
    return np.where(whole == 0, 1.0, part / np.maximum(whole, 1))


def _f1(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    total = precision + recall
    return np.where(total == 0, 0.0, 2 * precision * recall / np.where(total == 0, 1.0, total))
