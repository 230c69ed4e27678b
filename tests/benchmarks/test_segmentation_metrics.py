"""Loops over thresholds and histograms score alike, to the last bit."""

import numpy as np

from benchmarks import segmentation_metrics


def test_both_loops_equal_the_histograms() -> None:
    drawn = [(levels[:80, 120:240], truth[:80, 120:240]) for levels, truth in map(segmentation_metrics.draw, range(3))]
    pictures = [(levels, truth.astype(np.uint8) * 255) for levels, truth in drawn]
    floats = [(levels / 255, truth) for levels, truth in drawn]
    ours = segmentation_metrics.histograms(drawn)
    assert 0.1 < min(ours) <= max(ours) < 1
    assert segmentation_metrics.looped_peers(pictures) == ours
    assert segmentation_metrics.looped_lean(floats) == ours


def test_a_tolerance_scores_higher() -> None:
    drawn = [segmentation_metrics.draw(0)]
    strict, tolerant = (segmentation_metrics.histograms(drawn, tolerance_px=px) for px in (None, 2))
    assert tolerant[0] > strict[0]
