"""The order of turns, by a clock that the work itself moves."""

import pytest
import torch

from benchmarks import timing
from benchmarks.timing import Times


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timing, "time", made)
    return made


def test_ways_take_turns_after_one_untimed_run_each(clock: Clock) -> None:
    calls = []

    def work(name: str, seconds: float) -> str:
        calls.append(name)
        clock.now += seconds * len(calls)
        return f"{name}{len(calls)}"

    ways = {"a": lambda: work("a", 1), "b": lambda: work("b", 10)}
    results, times = timing.by_turns(ways, turns=3, what="test")
    assert calls == ["a", "b"] * 4
    assert results == {"a": "a1", "b": "b2"}
    assert times == {"a": Times((3, 5, 7)), "b": Times((40, 60, 80))}


def test_work_shorter_than_a_turn_is_repeated_and_counts_its_mean(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "LEAST_S", 1.0)
    calls = []

    def work() -> None:
        calls.append(None)
        clock.now += 0.25

    _, times = timing.by_turns({"only": work}, turns=2, what="test")
    assert len(calls) == 1 + 2 * 4
    assert times["only"].median == 0.25


def test_an_even_number_of_turns_has_its_median_between_the_middle_two() -> None:
    times = Times((5.0, 1.0, 2.0, 4.0))
    assert (times.shortest, times.median, times.longest) == (1.0, 3.0, 5.0)


@pytest.mark.parametrize("before", [True, False])
def test_others_run_without_deterministic_kernels(before: bool) -> None:
    kept = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(before)
    with timing.as_torch_starts():
        during = torch.are_deterministic_algorithms_enabled()
    after = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(kept)
    assert (during, after) == (False, before)
