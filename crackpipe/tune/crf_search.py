"""Grid search of the CRF's parameters for the mean IoU, of crack and no crack, on masks (Dong et al.)."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float32, UInt8

from crackpipe import console
from crackpipe.errors import ParamsError, did_you_mean
from crackpipe.imaging import images
from crackpipe.pseudo import crf

Sample = tuple[UInt8[np.ndarray, "_h _w 3"], Float32[np.ndarray, "_h _w"], Bool[np.ndarray, "_h _w"]]

PARAMETERS = tuple(field.name for field in dataclasses.fields(crf.CrfSettings))
"""Settings of the CRF that can be searched."""


def search(
    samples: Sequence[Sample], *, grid: Mapping[str, Sequence[float]], binarise: float, workers: int
) -> pd.DataFrame:
    """Mean IoU of every combination of parameters, best first; of equals the one that the grid lists first.

    Args:
        samples: (photograph RGB 0–255, activation map in [0, 1], mask) of at least one photograph.
        grid: values of each of ``PARAMETERS``; a single value fixes it.
        binarise: confidence from which a pixel of the CRF's label is crack.
        workers: processes; the CRF holds Python's lock, so that threads would not help.

    Returns:
        A row per combination: its ``PARAMETERS`` and ``mean_iou``, of both classes, the mean over the photographs.

    Raises:
        ParamsError: a parameter of the grid is unknown, is missing, or has no value.
    """
    check(grid)
    combinations = [
        dict(zip(PARAMETERS, values, strict=True)) for values in itertools.product(*(grid[name] for name in PARAMETERS))
    ]
    tasks = [(sample, settings, binarise) for settings in combinations for sample in samples]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        bar = console.bar(pool.map(_iou_of, tasks), what="tune CRF", total=len(tasks), unit="CRFs")
        ious = np.fromiter(bar, np.float64, count=len(tasks)).reshape(len(combinations), len(samples))
    table = pd.DataFrame(combinations).assign(mean_iou=ious.mean(axis=1))
    return table.sort_values("mean_iou", ascending=False, kind="stable", ignore_index=True)


def check(grid: Mapping[str, Sequence[float]]) -> None:
    """Check that a grid names each parameter, no other, and a value for each.

    Args:
        grid: values by parameter.

    Raises:
        ParamsError: it does not; the text names the parameter.
    """
    check_names(list(grid))
    for name in PARAMETERS:
        if not grid.get(name):
            raise ParamsError(f"CRF grid: {name}: has no value; give it a list of values, or one to fix it")


def check_names(names: Sequence[str]) -> None:
    """Check that these are parameters of the CRF.

    Args:
        names: keys of a grid.

    Raises:
        ParamsError: one is not; the text names the nearest.
    """
    for name in names:
        if name not in PARAMETERS:
            hint = did_you_mean(name, PARAMETERS) or f"; known: {', '.join(PARAMETERS)}"
            raise ParamsError(f"CRF grid: {name}: unknown key{hint}")


def mean_iou(label: Bool[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"]) -> float:
    """Mean over crack and no crack of the intersection over union of two masks, in [0, 1]; 1 of a class in neither."""
    return (_iou(label, truth) + _iou(~label, ~truth)) / 2


def _iou(label: Bool[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"]) -> float:
    union = int((label | truth).sum())
    return int((label & truth).sum()) / union if union else 1.0


def _iou_of(task: tuple[Sample, dict[str, float], float]) -> float:
    (image, cam, mask), settings, binarise = task
    levels = crf.label(image, cam, crf.CrfSettings(**settings))  # type: ignore[arg-type]  # iterations are whole numbers
    return mean_iou(images.at_least(levels, binarise), mask)
