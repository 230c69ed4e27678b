"""Reading ahead by threads: order, the place of an exception, bounded memory."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from crackpipe import console
from crackpipe.compute import parallel


def test_results_come_in_the_order_of_the_items() -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (5 - item % 5))  # later items are ready earlier
        return item * 10

    assert list(parallel.prefetch(work, range(20), workers=4, ahead=8)) == [item * 10 for item in range(20)]


def test_an_exception_comes_where_its_result_would() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise KeyError(item)
        return item

    found = parallel.prefetch(work, range(10), workers=2, ahead=4)
    assert [next(found), next(found), next(found)] == [0, 1, 2]
    with pytest.raises(KeyError, match="3"):
        next(found)


@pytest.mark.parametrize("ahead", [1, 3, 6])
def test_at_most_so_many_items_are_taken_ahead(ahead: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(50):
            taken += 1
            yield item

    for given, _ in enumerate(parallel.prefetch(lambda item: item, items(), workers=2, ahead=ahead)):
        assert taken - given <= ahead
    assert taken == 50


def test_the_work_runs_in_other_threads_and_they_end() -> None:
    before = threading.active_count()
    found = set(parallel.prefetch(lambda _: threading.get_ident(), range(20), workers=3, ahead=6))
    assert threading.get_ident() not in found
    assert len(found) <= 3
    assert threading.active_count() == before


def test_stopping_early_starts_no_further_work() -> None:
    seen: list[int] = []
    found = parallel.prefetch(seen.append, range(1000), workers=1, ahead=4)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(seen) <= 5


def test_a_pool_of_the_callers_serves_as_well_and_stays_open() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(parallel.in_order(pool, str, range(9), ahead=3)) == list("012345678")
        seen: list[int] = []
        found = parallel.in_order(pool, seen.append, range(1000), ahead=4)
        next(found)
        found.close()  # type: ignore[attr-defined]
        assert pool.submit(len, seen).result() <= 5


def test_nothing_gives_nothing() -> None:
    assert not list(parallel.prefetch(str, (), workers=2, ahead=2))


def test_a_bar_passes_the_items_and_tells_count_and_unit(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(console.bar(iter("abc"), what="decode", total=3, unit="photos")) == ["a", "b", "c"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "decode: 100%" in shown.err
    assert "3/3" in shown.err
    assert "photos/s" in shown.err
