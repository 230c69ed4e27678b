"""Work that threads or processes do ahead, in order and within bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def prefetch(work: Callable[[Item], Result], items: Iterable[Item], *, workers: int, ahead: int) -> Iterator[Result]:
    """Yield ``work(item)`` in the order of ``items``, computed by threads at most ``ahead`` items early.

    Memory is bounded by ``ahead`` results. An exception of ``work`` is raised where its result would come.

    Args:
        work: called in threads.
        items: taken as they are needed.
        workers: threads, 1 or more.
        ahead: results that may wait, 1 or more.
    """
    with ThreadPoolExecutor(workers) as pool:
        yield from in_order(pool, work, items, ahead=ahead)


def in_order(pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], *, ahead: int) -> Iterator[Result]:
    """Yield ``work(item)`` in the order of ``items``, computed in a pool of threads or processes of the caller's.

    Memory is bounded by ``ahead`` results; an early end cancels the work that has not begun.

    Args:
        pool: it stays open.
        work, items, ahead: as for :func:`prefetch`; a pool of processes pickles work and items.
    """
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
