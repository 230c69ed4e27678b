"""Pseudo-labels of a stream of photographs: localisation maps in, soft masks out, in a pool."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from crackpipe.params import extensions
from crackpipe.pseudo import crf, localisation_maps, methods

Photograph = UInt8[np.ndarray, "_h _w 3"]
Levels = UInt8[np.ndarray, "_h _w"]
Combine = Callable[..., Levels]  # (photograph, *maps) → soft mask
NOT_COMBINED = ("binarise", "upsample", "patch_labels")  # parameters of a method that ``combine`` does not read


@dataclass(frozen=True, slots=True)
class Item:
    """A photograph on its way through the pool.

    Attributes:
        key: whatever the caller wants back beside the label.
        image: RGB, 0–255.
        localisation_maps: the photograph's rows of the ``localisation_maps`` table.
        crack_possible: False where its own patch labels say that there is no crack; ``None`` where it has none.
    """

    key: Any
    image: Photograph
    localisation_maps: tuple[parquet.Row, ...]
    crack_possible: Bool[np.ndarray, "_h _w"] | None


@dataclass(frozen=True, slots=True)
class Method:
    """A pseudo-label method with its settings bound; picklable.

    Attributes:
        kinds: the localisation maps that it reads, in the order of ``combine``'s arguments.
        combine: pure; ``(photograph, *maps)`` → soft mask 0–255.
        upsample: interpolation of the localisation maps to the photograph.
        in_processes: whether ``combine`` holds Python's lock, so that threads would not help.
    """

    kinds: tuple[str, ...]
    combine: Combine
    upsample: images.Method
    in_processes: bool = False


def create_method(name: str, section: Mapping[str, Any]) -> Method:
    """Bind a method to its parameters.

    Args:
        name: ``cam``, ``cam_crf``, ``cam_location``, ``soft_location``, or that of an extension.
        section: the method's section of params.yaml, ``pseudo_label.<name>``.
    """
    settings = {key: value for key, value in section.items() if key not in NOT_COMBINED}
    upsample = section["upsample"]
    kinds: tuple[str, ...] = (localisation_maps.CAM,)
    combine: Combine
    if (own := extensions.found(extensions.Label).get(name)) is not None:
        return Method(own.reads(settings), partial(own.make, **settings), upsample)
    if name == "cam":
        return Method(kinds, methods.cam, upsample)
    if name == "cam_crf":
        combine = partial(crf.label, settings=crf.CrfSettings(**settings))
        return Method(kinds, combine, upsample, in_processes=True)
    if name == "cam_location":
        kinds = (localisation_maps.CAM, localisation_maps.patch_kind(settings.pop("patch_side_px")))
        combine = partial(methods.cam_location, settings=methods.CamLocationSettings(**settings))
        return Method(kinds, combine, upsample)
    kinds = tuple(localisation_maps.patch_kind(side_px) for side_px in settings.pop("patch_sides_px"))
    if settings.pop("with_cam"):
        kinds = (localisation_maps.CAM, *kinds)
    combine = partial(methods.soft_location, settings=methods.SoftLocationSettings(**settings))
    return Method(kinds, combine, upsample)


def photographs_ahead(workers: int) -> int:
    """Number of photographs that are held at once, so that none of ``workers`` waits for the next one."""
    return max(8, 2 * workers)


def label(items: Iterable[Item], method: Method, *, workers: int) -> Iterator[tuple[Any, Photograph, Levels]]:
    """Yield (key, photograph, soft mask 0–255) of each item, in order.

    Memory holds :func:`photographs_ahead` photographs.

    Args:
        items: photographs with their localisation maps.
        method: from :func:`create_method`.
        workers: threads, or processes where the method asks for them.

    Raises:
        CrackpipeError: a photograph lacks a localisation map that the method reads.
    """
    waiting: deque[Item] = deque()

    def remembered() -> Iterator[Item]:
        for item in items:
            waiting.append(item)
            yield item

    with _pool(workers, processes=method.in_processes) as pool:
        work = partial(soft_mask, method=method)
        for levels in parallel.in_order(pool, work, remembered(), ahead=photographs_ahead(workers)):
            item = waiting.popleft()
            yield item.key, item.image, levels


def soft_mask(item: Item, *, method: Method) -> Levels:
    """Soft mask of one photograph, 0–255; 0 where its patch labels leave no room for a crack.

    Raises:
        CrackpipeError: the photograph lacks a localisation map that the method reads.
    """
    height, width = item.image.shape[:2]
    maps = localisation_maps.maps(
        item.localisation_maps, kinds=method.kinds, height=height, width=width, upsample=method.upsample
    )
    levels = method.combine(item.image, *maps)
    return levels if item.crack_possible is None else np.where(item.crack_possible, levels, np.uint8(0))


def _pool(workers: int, *, processes: bool) -> Executor:
    if processes:
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    return ThreadPoolExecutor(workers)
