"""Intervals of each segmenter's scores, and which labels are the better ones to train it on."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from crackpipe.measures import mask_intervals, resampling
from crackpipe.measures.resampling import Resampled
from crackpipe.measures.scoreboard import Key, Scoreboard, nested


def resample(board: Scoreboard, *, groups: Mapping[str, str], resamples: int, seed: int) -> dict[Key, Resampled]:
    """ODS, OIS and AP under each key of a board, of the sample and of each resample of its structures.

    Keys that hold the same photographs are resampled alike.

    Args:
        board: as :func:`crackpipe.report.evaluation.evaluate` returns it.
        groups: photo_id → structure, see :func:`crackpipe.report.structures.of`.
        resamples: 1 or more.
        seed: of the draws.
    """
    drawn: dict[tuple[str, ...], resampling.Weights] = {}
    found = {}
    for key in board.sorted_keys():
        ids = tuple(board.photo_ids(key))
        if ids not in drawn:
            drawn[ids] = resampling.weights([groups[name] for name in ids], resamples=resamples, seed=seed)
        found[key] = mask_intervals.figures(board.counts(key), drawn[ids])
    return found


def scores(board: Scoreboard, resampled: Mapping[Key, Resampled]) -> dict[str, Any]:
    """The board's tree with the 95 % intervals of ODS, OIS and AP beside them, as ``ods_low``, ``ods_high`` ….

    Args:
        board, resampled: see :func:`resample`.
    """
    return nested({key: {**board.scores(key), **resampling.ends(resampled[key])} for key in board.sorted_keys()})


def differences(resampled: Mapping[Key, Resampled]) -> dict[str, Any]:
    """For each segmenter that was trained on several kinds of labels: the first kind's scores less the second's.

    Args:
        resampled: under (segmenter, labels, source, split).

    Returns:
        segmenter → ``<first>_less_<second>`` → source → split → ods, ois and ap with the ends of their intervals.
    """
    rows: dict[Key, dict[str, float]] = {}
    for first, second in combinations(sorted(resampled), 2):
        (segmenter, labels, *tested), (other, other_labels, *other_tested) = first, second
        if segmenter == other and tested == other_tested:
            key = (segmenter, f"{labels}_less_{other_labels}", *tested)
            rows[key] = resampling.difference(resampled[first], resampled[second])
    return nested(rows)
