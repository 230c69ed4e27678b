"""Ways of doing the same, timed by turns in one process."""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch

from crackpipe import console

Result = TypeVar("Result")

LEAST_S = 0.1  # a turn repeats what is shorter, and counts the mean


@dataclass(frozen=True, slots=True)
class Times:
    """Wall times of the turns of one way, in seconds."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle turn's time."""
        return statistics.median(self.seconds)

    @property
    def shortest(self) -> float:
        """The shortest turn's time."""
        return min(self.seconds)

    @property
    def longest(self) -> float:
        """The longest turn's time."""
        return max(self.seconds)


def by_turns(
    ways: Mapping[str, Callable[[], Result]], *, turns: int, what: str
) -> tuple[dict[str, Result], dict[str, Times]]:
    """Result and times of each way: A B A B …, so that a machine that slows down slows all of them.

    Before that each runs once untimed, to fill caches and start threads; that run's result is returned. All run with
    the threads that the process has been given.
    """
    results = {name: work() for name, work in console.bar(ways.items(), what=what, total=len(ways), unit="ways")}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in console.bar(range(turns), what=what, total=turns, unit="turns"):
        for name, work in ways.items():
            seconds[name].append(_turn(work))
    return results, {name: Times(tuple(found)) for name, found in seconds.items()}


def _turn(work: Callable[[], object]) -> float:
    calls, start = 0, time.perf_counter()
    while calls == 0 or time.perf_counter() - start < LEAST_S:
        work()
        calls += 1
    return (time.perf_counter() - start) / calls


@contextlib.contextmanager
def as_torch_starts() -> Iterator[None]:
    """Without the deterministic kernels that :mod:`crackpipe.compute.runtime` asks for: others do not pay for them."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
