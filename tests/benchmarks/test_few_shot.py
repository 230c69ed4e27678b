"""The sweep's timings: one pass equals the loop, and drawn material is what heads accept."""

import torch

from benchmarks import few_shot
from crackpipe.few_shot import dataset


def test_one_pass_and_the_loop_agree_and_the_bar_is_told() -> None:
    found = few_shot.predictive(torch.randn(20, few_shot.WIDTH), hidden=2)
    assert found.cells[0] == "100 samples of 20 patches, against a loop"
    assert found.cells[-1] == "≤ 2 s"
    assert found.passed is not None


def test_drawn_material_passes_the_checks_of_a_run() -> None:
    drawn = few_shot.drawn(count=40)
    dataset.check(drawn)
    assert (len(drawn.pool), len(drawn.test), len(drawn.ood)) == (40, 40, 4)
