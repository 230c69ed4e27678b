"""Pseudo-labels of a stream of photographs: the network in batches across photographs, the rest in a pool."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe import images
from crackpipe.pseudo import crf, methods

Photograph = UInt8[np.ndarray, "_h _w 3"]
Evidence = Float32[np.ndarray, "_h _w"]
Levels = UInt8[np.ndarray, "_h _w"]
Finder = Callable[[list[np.ndarray]], Sequence[np.ndarray]]  # photographs → one evidence map each

CHUNK = 16  # photographs whose evidence is held at once


def label(
    photographs: Iterable[tuple[Any, Photograph]],
    *,
    find: Sequence[Finder],
    combine: Callable[..., Levels],
    workers: int,
    processes: bool,
) -> Iterator[tuple[Any, Photograph, Levels]]:
    """Yield (key, pixels, soft mask 0–255) of each photograph, in order.

    Args:
        photographs: (any key, RGB pixels).
        find: functions that turn a chunk of photographs into one evidence map each, e.g. the activation maps.
        combine: (photograph, *evidence) → soft mask; pure, and picklable where ``processes`` is set.
        workers, processes: the pool for ``combine``: threads, or processes for code that holds Python's lock.
    """
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if processes else ThreadPoolExecutor(workers)
    remaining = iter(photographs)
    with pool:
        while chunk := list(islice(remaining, CHUNK)):
            pixels = [image for _, image in chunk]
            evidence = [finder(pixels) for finder in find]
            masks = pool.map(combine, pixels, *evidence)
            yield from zip((key for key, _ in chunk), pixels, masks, strict=True)


def from_cam(image: Photograph, cam: Evidence) -> Levels:
    """The activation map itself (the ``cam`` baseline), 0–255."""
    return images.to_levels(cam)


def from_crf(image: Photograph, cam: Evidence, **settings: Any) -> Levels:
    """The activation map after a dense CRF (Dong et al.), 0–255; settings as :func:`crackpipe.pseudo.crf.refine`."""
    return images.to_levels(crf.refine(image, cam, **settings))


def combiner(method: str, settings: dict[str, Any]) -> Callable[..., Levels]:
    """The function of a method with its settings bound; picklable."""
    functions: dict[str, Callable[..., Levels]] = {
        "cam": from_cam,
        "cam_crf": from_crf,
        "cam_location": methods.cam_location,
    }
    return partial(functions[method], **settings)
