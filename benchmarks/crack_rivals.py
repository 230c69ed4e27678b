"""Ways of measuring the cracks of a mask: total length, and mean width, in pixels.

crackenpy (`pip install crackenpy`, 0.1.81) is called as its own ``get_metrics`` does it: Lee's skeleton of the mask,
sknw's graph of it, crack pixels ÷ pixels of the skeleton. Its network is not needed: masks are given. The generic ways
are what a few lines around scikit-image or skan give.
"""

import importlib
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy import ndimage
from skimage.morphology import skeletonize

from benchmarks.crack_cases import Case
from crackpipe.measures import geometry
from crackpipe.measures.geometry import GeometrySettings

LEVEL = 128  # confidence from which on a pixel is crack


@dataclass(frozen=True, slots=True)
class Measure:
    """Length of all cracks together, and their mean width; 0 where a way finds no line."""

    length_px: float
    width_px: float


Way = Callable[[Case], Measure]


def ours(case: Case) -> Measure:
    """Every crack's smoothed centre-line, and the width that its ``width_by`` names, weighted by length."""
    cracks = geometry.find(case.confidence, GeometrySettings(), grey=case.grey)
    lengths = np.array([crack.length_px for crack in cracks])
    widths = np.array([crack.width.mean for crack in cracks])
    return Measure(float(lengths.sum()), float(np.average(widths, weights=lengths)) if len(cracks) else 0.0)


def counted_pixels(case: Case) -> Measure:
    """Pixels of scikit-image's skeleton, and twice the distance from the mask's outside along it."""
    mask = case.confidence >= LEVEL
    skeleton = skeletonize(mask)
    return Measure(float(np.count_nonzero(skeleton)), _along(mask, skeleton))


def skan_branches(case: Case) -> Measure:
    """Branch distances that ``skan.summarize`` gives of scikit-image's skeleton; widths as above."""
    import skan

    mask = case.confidence >= LEVEL
    skeleton = skeletonize(mask)
    if np.count_nonzero(skeleton) < 2:
        return Measure(0.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # skan 0.13 with pandas 3
        branches = skan.summarize(skan.Skeleton(skeleton), separator="_")
    return Measure(float(branches["branch_distance"].sum()), _along(mask, skeleton))


def crackenpy_edges(case: Case) -> Measure:
    """``crack_tot_length``: edges of the graph with more than 20 points; and ``crack_thickness``."""
    found = _crackenpy(case.confidence >= LEVEL)
    return Measure(float(found["crack_tot_length"]), float(found["crack_thickness"][0]))


def crackenpy_pixels(case: Case) -> Measure:
    """``crack_length``: pixels of the skeleton; and ``crack_thickness``."""
    found = _crackenpy(case.confidence >= LEVEL)
    return Measure(float(found["crack_length"][0]), float(found["crack_thickness"][0]))


WAYS: dict[str, Way] = {
    "crackpipe": ours,
    "crackenpy, `crack_tot_length`": crackenpy_edges,
    "crackenpy, `crack_length`": crackenpy_pixels,
    "scikit-image: pixels of the skeleton, 2 × distance": counted_pixels,
    "skan: branch distances, 2 × distance": skan_branches,
}


def is_installed(name: str) -> bool:
    """Whether a way of :data:`WAYS` can be run here."""
    return not name.startswith("crackenpy") or bool(
        importlib.util.find_spec("crackest") and importlib.util.find_spec("sknw")
    )


def _along(mask: Bool[np.ndarray, "h w"], skeleton: Bool[np.ndarray, "h w"]) -> float:
    distance = ndimage.distance_transform_edt(mask, return_indices=False)
    return 2 * float(distance[skeleton].mean()) if skeleton.any() else 0.0


def _crackenpy(crack: Bool[np.ndarray, "h w"]) -> dict[str, np.ndarray]:
    """The metrics of a specimen that fills the picture, and has no pores."""
    own = crack.astype(np.uint8)
    none = np.zeros_like(own)
    masks = {"back": none, "spec": none + 1, "mat": 1 - own, "crack": own, "pore": none}
    specimen = importlib.import_module("crackest.sub_spec").SubSpec(None, masks, own * 2, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of no pores, and an area that overflows
        return dict(specimen.get_metrics())
