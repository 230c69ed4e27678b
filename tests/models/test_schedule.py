"""Learning rates of warm-up and cosine, by hand."""

import math

import pytest

from crackpipe.models.schedule import warmup_cosine


def test_the_rate_rises_linearly_and_falls_along_a_cosine() -> None:
    rates = [warmup_cosine(step, peak=0.5, warmup_steps=4, steps=40) for step in range(40)]
    assert rates[:5] == [0.125, 0.25, 0.375, 0.5, 0.5]
    assert rates[22] == pytest.approx(0.25)  # half of the way down
    assert rates[13] == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)) / 2)
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_without_warm_up_the_first_step_has_the_peak() -> None:
    assert warmup_cosine(0, peak=0.5, warmup_steps=0, steps=10) == 0.5


@pytest.mark.parametrize("step", [10, 11, 1000])
def test_after_the_last_step_the_rate_is_zero(step: int) -> None:
    assert warmup_cosine(step, peak=0.5, warmup_steps=2, steps=10) == pytest.approx(0)


def test_a_training_that_is_all_warm_up_has_a_rate_too() -> None:
    assert [warmup_cosine(step, peak=1.0, warmup_steps=2, steps=2) for step in range(3)] == [0.5, 1.0, 1.0]
