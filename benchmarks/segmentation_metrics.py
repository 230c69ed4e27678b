"""Time ODS, OIS and AP: loops over thresholds × photographs, as the peers write them, against one histogram each.

Run ``python -m benchmarks.segmentation_metrics [--photos 8]``: it prints a markdown table, and fails where two ways
disagree or where the histogram is less than 100 times as fast as the peers' loop. The photographs are drawn 640×360
with a wandering crack of about 3 % of the pixels, and a soft prediction of it with false alarms; nine pixels of ten are
at level 0.

"Peers' loop" does what the public evaluation scripts of the field do (those that descend from DeepCrack's): a pass for
the dataset's curve and ODS and another one for OIS; in each, for every threshold and photograph, scale the 8-bit map
and mask by 1/255, compare, and count hits, false alarms and misses by ``np.sum``. "Lean loop" has nothing left to take
out but the loop: one pass, floats made beforehand, one comparison, counted by ``np.count_nonzero``.
"""

import argparse
import math
import time
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from crackpipe.measures import segmentation

HEIGHT_PX, WIDTH_PX = 640, 360
TOLERANCE_PX = 2
TARGET = 100
SLACK = 1e-9  # level / 255 may be rounded to just under the threshold that it stands on
Photo = tuple[np.ndarray, np.ndarray]
Counts = tuple[int, int, int]
Scores = tuple[float, float, float]  # ODS, OIS, AP


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=8)
    n = parser.parse_args().photos
    photos = [draw(seed) for seed in range(n)]
    floats = [(levels / 255, truth) for levels, truth in photos]
    pictures = [(levels, truth.astype(np.uint8) * 255) for levels, truth in photos]

    ours, ours_s = timed(lambda: histograms(photos), repeats=9)
    rows = [("histograms (crackpipe)", ours_s, ours)]
    for name, work in (("lean loop", lambda: looped_lean(floats)), ("peers' loop", lambda: looped_peers(pictures))):
        found, seconds = timed(work, repeats=1)
        if found != ours:
            raise SystemExit(f"{name} scores {found}, the histograms {ours}; they must be equal to the last bit")
        rows.append((name, seconds, found))
    peers_s = rows[-1][1]
    # level 0 is skipped eight pixels at a time; level 1 reaches no threshold either, but has to be counted
    veiled = [(np.maximum(levels, 1), truth) for levels, truth in photos]
    found, seconds = timed(lambda: histograms(veiled), repeats=9)
    rows.insert(1, ("histograms, no pixel at level 0", seconds, found))
    found, seconds = timed(lambda: histograms(photos, tolerance_px=TOLERANCE_PX), repeats=5)
    rows.insert(2, (f"histograms, tolerance {TOLERANCE_PX} px (another metric)", seconds, found))

    print(f"{n} photographs, {HEIGHT_PX}×{WIDTH_PX}, 99 thresholds; loops and histograms equal to the last bit\n")
    print("| way | ms a photograph | times as long | ODS | OIS | AP |\n|---|---|---|---|---|---|")
    for name, seconds, (ods, ois, ap) in rows:
        print(f"| {name} | {seconds / n * 1e3:.2f} | {seconds / ours_s:.0f} | {ods:.4f} | {ois:.4f} | {ap:.4f} |")
    if peers_s < TARGET * ours_s:
        raise SystemExit(f"only {peers_s / ours_s:.0f} times as fast as the peers' loop; {TARGET} is the target")


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


def timed(work: Callable[[], Scores], *, repeats: int) -> tuple[Scores, float]:
    """Result and the shortest wall time in seconds."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    return found, min(seconds)


if __name__ == "__main__":
    main()
