"""Time ODS, OIS and AP: loops over thresholds × photographs, as the peers write them, against one histogram each.

Run ``python -m benchmarks.segmentation_metrics [--photos N]``. It ends with an error where two ways disagree in a bit.
The photographs are drawn 640×360 with a wandering crack of about 3 % of the pixels, and a soft prediction of it with
false alarms; nine pixels of ten are at level 0.

"Peers' loop" does what the public evaluation scripts of the field do (those that descend from DeepCrack's): a pass for
the dataset's curve and ODS and another one for OIS; in each, for every threshold and photograph, scale the 8-bit map
and mask by 1/255, compare, and count hits, false alarms and misses by ``np.sum``. "Lean loop" has nothing left to take
out but the loop: one pass, floats made beforehand, one comparison, counted by ``np.count_nonzero``.
"""

import math
from functools import partial
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks import command, photographs, table, timing
from crackpipe.measures import segmentation

PHOTOS = 4
BAR = 100
TURNS = 3
HEIGHT_PX, WIDTH_PX = 640, 360
TOLERANCE_PX = 2
SLACK = 1e-9  # level / 255 may be rounded to just under the threshold that it stands on
Photo = tuple[np.ndarray, np.ndarray]
Counts = tuple[int, int, int]
Scores = tuple[float, float, float]  # ODS, OIS, AP


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Scores of ``photos`` drawn maps, whatever ``data`` holds."""
    drawn = [draw(seed) for seed in range(photos)]
    # level 0 is skipped eight pixels at a time; level 1 reaches no threshold either, but has to be counted
    veiled = [(np.maximum(levels, 1), truth) for levels, truth in drawn]
    ways = {
        "peers' loop": partial(looped_peers, [(levels, truth.astype(np.uint8) * 255) for levels, truth in drawn]),
        "lean loop": partial(looped_lean, [(levels / 255, truth) for levels, truth in drawn]),
        "histograms": partial(histograms, drawn),
        "histograms, no pixel at level 0": partial(histograms, veiled),
        f"histograms, tolerance {TOLERANCE_PX} px": partial(histograms, drawn, tolerance_px=TOLERANCE_PX),
    }
    found, times = timing.by_turns(ways, turns=TURNS, what="metrics")
    for name in ("peers' loop", "lean loop"):
        if found[name] != found["histograms"]:
            raise SystemExit(f"{name} scores {found[name]}, the histograms {found['histograms']}; expected equal bits")
    peers, *_, tolerant = times.values()
    ods, ois, ap = found["histograms"]
    return table.Section(
        title="ODS, OIS and AP",
        about=f"99 thresholds, {photographs.counted(photos)} of {HEIGHT_PX}×{WIDTH_PX} px, drawn. Equal to the last "
        f"bit: ODS {ods:.4f}, OIS {ois:.4f}, AP {ap:.4f}.",
        rows=(
            table.faster("against the peers' loop", peers=peers, ours=times["histograms"], bar=BAR),
            table.faster("against a lean loop", peers=times["lean loop"], ours=times["histograms"], bar=None),
            table.faster("no pixel at level 0", peers=peers, ours=times["histograms, no pixel at level 0"], bar=None),
        ),
        notes=(f"With a tolerance of {TOLERANCE_PX} px, another metric, ours takes {table.seconds(tolerant)} s.",),
    )


def draw(seed: int) -> Photo:
    """Return levels (h, w) uint8 and truth (h, w) bool of one photograph."""
    random = np.random.default_rng(seed)
    truth = np.zeros((HEIGHT_PX, WIDTH_PX), bool)
    col = np.clip(WIDTH_PX / 2 + np.cumsum(random.normal(0, 1.5, HEIGHT_PX)), 8, WIDTH_PX - 8).astype(int)
    for row in range(HEIGHT_PX):
        truth[row, col[row] - 5 : col[row] + 6] = True
    soft = gaussian_filter(truth.astype(float), 3) * random.uniform(0.7, 1.2)
    stains = gaussian_filter(random.normal(0, 1, truth.shape), 6) * 4
    return np.rint(np.clip(soft + 0.3 * stains * (stains > 0.5), 0, 1) * 255).astype(np.uint8), truth


def histograms(photos: list[Photo], *, tolerance_px: int | None = None) -> Scores:
    if tolerance_px is None:
        counts = [segmentation.count(*photo) for photo in photos]
    else:
        counts = [segmentation.count_tolerant(*photo, tolerance_px=tolerance_px) for photo in photos]
    found = segmentation.score(counts)
    return found.ods, found.ois, found.ap


def looped_peers(pictures: list[Photo]) -> Scores:
    def counted(picture: np.ndarray, mask: np.ndarray, k: int) -> Counts:
        true = (mask / 255).astype(np.uint8)
        predicted = (picture / 255 >= k / 100 - SLACK).astype(np.uint8)
        tp = int(np.sum((predicted == 1) & (true == 1)))
        fp = int(np.sum((predicted == 1) & (true == 0)))
        fn = int(np.sum((predicted == 0) & (true == 1)))
        return tp, tp + fp, tp + fn

    ods, ap = along_thresholds([[counted(*each, k) for each in pictures] for k in range(1, 100)])
    best = [max(f1(*counted(*each, k)) for k in range(1, 100)) for each in pictures]
    return ods, math.fsum(best) / len(best), ap


def looped_lean(photos: list[Photo]) -> Scores:
    positives = [int(np.count_nonzero(truth)) for _, truth in photos]
    table = []
    for k in range(1, 100):
        predicted = [confidence >= k / 100 - SLACK for confidence, _ in photos]
        tp = [int(np.count_nonzero(each & truth)) for each, (_, truth) in zip(predicted, photos, strict=True)]
        sizes = [int(np.count_nonzero(each)) for each in predicted]
        table.append(list(zip(tp, sizes, positives, strict=True)))
    best = [max(f1(*each) for each in column) for column in zip(*table, strict=True)]
    ods, ap = along_thresholds(table)
    return ods, math.fsum(best) / len(best), ap


def along_thresholds(table: list[list[Counts]]) -> tuple[float, float]:
    """ODS and AP of the counts of each threshold (outer, rising) and photograph."""
    means = [math.fsum(f1(*each) for each in counts) / len(counts) for counts in table]
    steps, recall_before = [], 0.0
    for counts in reversed(table):
        tp, predicted, positives = (sum(column) for column in zip(*counts, strict=True))
        steps.append((tp / positives - recall_before) * (tp / predicted if predicted else 1.0))
        recall_before = tp / positives
    return max(means), math.fsum(steps)


def f1(tp: int, predicted: int, positives: int) -> float:
    precision = tp / predicted if predicted else 1.0
    recall = tp / positives if positives else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


if __name__ == "__main__":
    main()
