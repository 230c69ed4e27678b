"""A stream of photographs becomes labels: in order, whatever the pool."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from crackpipe import images
from crackpipe.pseudo import crf, labelling, methods

SIZES = [(20, 30), (16, 16), (31, 18)]
CRF = {
    "iterations": 2,
    "gaussian_sxy": 3.0,
    "gaussian_compat": 3.0,
    "bilateral_sxy": 20.0,
    "bilateral_srgb": 13.0,
    "bilateral_compat": 5.0,
    "confidence": 0.9,
}
LOCATION = {
    "threshold": 0.2,
    "erosions": 1,
    "dark_side_px": 16,
    "dark_stride_px": 8,
    "dark_classes": 3,
    "bilateral": True,
    "bilateral_px": 5,
    "bilateral_sigma": 120.0,
    "closings": 1,
}


def photographs(n: int) -> list[tuple[int, np.ndarray]]:
    random = np.random.default_rng(0)
    return [(i, random.integers(0, 256, (*SIZES[i % 3], 3), dtype=np.uint8)) for i in range(n)]


def darkness(pixels: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [1 - images.to_unit(images.to_grey(image)) for image in pixels]


def redness(pixels: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [images.to_unit(np.ascontiguousarray(image[..., 0])) for image in pixels]


def serial(n: int, method: str) -> list[np.ndarray]:
    labels = []
    for _, image in photographs(n):
        (cam,), (patch_map,) = darkness([image]), redness([image])
        if method == "cam":
            labels.append(images.to_levels(cam))
        elif method == "cam_crf":
            labels.append(images.to_levels(crf.refine(image, cam, **CRF)))
        else:
            labels.append(methods.cam_location(image, cam, patch_map, **LOCATION))
    return labels


@pytest.mark.parametrize(
    ("method", "settings", "n", "processes"),
    [("cam", {}, 35, False), ("cam_location", LOCATION, 20, False), ("cam_crf", CRF, 18, True)],
)
def test_labels_come_in_order_and_equal_those_made_one_by_one(
    method: str, settings: dict[str, Any], n: int, processes: bool
) -> None:
    find = [darkness, redness] if method == "cam_location" else [darkness]
    combine = labelling.combiner(method, settings)
    found = list(labelling.label(iter(photographs(n)), find=find, combine=combine, workers=2, processes=processes))
    assert [key for key, _, _ in found] == list(range(n))
    for (_, pixels, levels), (_, image), expected in zip(found, photographs(n), serial(n, method), strict=True):
        assert np.array_equal(pixels, image)
        assert levels.dtype == np.uint8
        assert np.array_equal(levels, expected)


def test_evidence_is_held_for_one_chunk_only() -> None:
    taken, labelled = 0, 0

    def counted():
        nonlocal taken
        for pair in photographs(40):
            taken += 1
            yield pair

    combine = labelling.combiner("cam", {})
    for _ in labelling.label(counted(), find=[darkness], combine=combine, workers=2, processes=False):
        labelled += 1
        assert taken <= labelled - 1 + labelling.CHUNK
    assert labelled == 40


def test_a_fault_in_one_photograph_is_raised_and_not_skipped() -> None:
    def broken(image: np.ndarray, cam: np.ndarray) -> np.ndarray:
        if image.shape[:2] == SIZES[1]:
            raise ZeroDivisionError
        return images.to_levels(cam)

    found = labelling.label(photographs(4), find=[darkness], combine=broken, workers=2, processes=False)
    assert next(found)[0] == 0
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_no_photographs_have_no_labels() -> None:
    combine = labelling.combiner("cam", {})
    assert not list(labelling.label((), find=[darkness], combine=combine, workers=1, processes=False))
