"""Pseudo-labels of a stream of photographs: localisation maps in, soft masks out, in a pool."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.compute import parallel
from crackpipe.files import parquet
from crackpipe.imaging import images
from crackpipe.pseudo import crf, localisation_maps, methods

Photograph = UInt8[np.ndarray, "_h _w 3"]
Levels = UInt8[np.ndarray, "_h _w"]
Combine = Callable[..., Levels]  # (photograph, *maps) → soft mask


@dataclass(frozen=True, slots=True)
class Item:
    """A photograph on its way through the pool.

    Attributes:
        key: whatever the caller wants back beside the label.
        image: RGB, 0–255.
        localisation_maps: the photograph's rows of the ``localisation_maps`` table.
        possible: False where its own patch labels say that there is no crack; ``None`` where it has none.
    """

    key: Any
    image: Photograph
    localisation_maps: tuple[parquet.Row, ...]
    possible: Bool[np.ndarray, "_h _w"] | None


@dataclass(frozen=True, slots=True)
class Method:
    """A pseudo-label method with its settings bound; picklable.

    Attributes:
        kinds: the localisation maps that it reads, in the order of ``combine``'s arguments.
        combine: pure; ``(photograph, *maps)`` → soft mask 0–255.
        upsample: of the localisation maps to the photograph.
        in_processes: whether ``combine`` holds Python's lock, so that threads would not help.
    """

    kinds: tuple[str, ...]
    combine: Combine
    upsample: images.Method
    in_processes: bool = False


def method(name: str, settings: dict[str, Any]) -> Method:
    """The method ``cam``, ``cam_crf``, ``cam_location`` or ``soft_location`` with its section of params.yaml."""
    own = dict(settings)
    upsample = own.pop("upsample")
    del own["binarise"]  # of the finished label
    if name == "cam":
        return Method((localisation_maps.CAM,), methods.cam, upsample)
    if name == "cam_crf":
        return Method((localisation_maps.CAM,), partial(crf.label, **own), upsample, in_processes=True)
    kinds: tuple[str, ...]
    if name == "cam_location":
        kinds = (localisation_maps.CAM, localisation_maps.patch_kind(own.pop("patch_side_px")))
        return Method(kinds, partial(methods.cam_location, **own), upsample)
    kinds = tuple(localisation_maps.patch_kind(side_px) for side_px in own.pop("patch_sides_px"))
    del own["patch_labels"]  # they come with each photograph
    if own.pop("with_cam"):
        kinds = (localisation_maps.CAM, *kinds)
    return Method(kinds, partial(methods.soft_location, **own), upsample)


def ahead(workers: int) -> int:
    """Photographs that are held at once, so that no worker waits for the next one."""
    return max(8, 2 * workers)


def label(items: Iterable[Item], chosen: Method, *, workers: int) -> Iterator[tuple[Any, Photograph, Levels]]:
    """Yield (key, photograph, soft mask 0–255) of each item, in order; memory of :func:`ahead` photographs."""
    waiting: deque[Item] = deque()

    def taken() -> Iterator[Item]:
        for item in items:
            waiting.append(item)
            yield item

    with _pool(workers, processes=chosen.in_processes) as pool:
        for levels in parallel.in_order(pool, partial(one, chosen=chosen), taken(), ahead=ahead(workers)):
            item = waiting.popleft()
            yield item.key, item.image, levels


def one(item: Item, *, chosen: Method) -> Levels:
    """Soft mask of one photograph, 0–255."""
    height, width = item.image.shape[:2]
    maps = localisation_maps.maps(
        item.localisation_maps, kinds=chosen.kinds, height=height, width=width, upsample=chosen.upsample
    )
    levels = chosen.combine(item.image, *maps)
    return levels if item.possible is None else np.where(item.possible, levels, np.uint8(0))


def _pool(workers: int, *, processes: bool) -> Executor:
    if processes:
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    return ThreadPoolExecutor(workers)
