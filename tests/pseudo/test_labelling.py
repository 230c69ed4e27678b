"""A stream of photographs becomes labels: in order, whatever the pool, and nowhere that its patch labels rule out."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackpipe import params
from crackpipe.imaging import images
from crackpipe.pseudo import crf, labelling, methods
from crackpipe.pseudo.labelling import Item, Method

RIGHT = params.load(Path(__file__).parents[2] / "params.yaml").pseudo_label
SIZES = [(20, 30), (16, 16), (31, 18)]
CRF = {
    "iterations": 2,
    "half_at": 0.3,
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
SOFT = {
    "smooth_px": 1.0,
    "near": 0.3,
    "classes": 3,
    "softness": 20.0,
    "bilateral_px": 0,
    "bilateral_sigma": 120.0,
}
OF_ALL = {"binarise": 0.5, "upsample": "linear"}
SECTIONS: dict[str, dict[str, Any]] = {
    "cam": OF_ALL,
    "cam_crf": OF_ALL | CRF,
    "cam_location": OF_ALL | LOCATION | {"patch_side_px": 64},
    "soft_location": OF_ALL | SOFT | {"patch_sides_px": [64, 32], "with_cam": True, "patch_labels": True},
}


def photograph(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (*SIZES[number % 3], 3), dtype=np.uint8)


def grids(image: np.ndarray) -> dict[str, np.ndarray]:
    """Maps of one cell for each pixel, so that nothing is interpolated: darkness, redness and greenness."""
    layers = {"cam": 255 - images.to_grey(image), "patch_32": image[..., 0], "patch_64": image[..., 1]}
    return {kind: images.to_unit(np.ascontiguousarray(levels)) for kind, levels in layers.items()}


def item(number: int) -> Item:
    image = photograph(number)
    rows = tuple(
        {"photo_id": f"s/{number}", "kind": kind, "cell_px": 1, "cells": images.encode_unit16(values)}
        for kind, values in grids(image).items()
    )
    return Item(number, image, rows, None)


def one_by_one(name: str, number: int) -> np.ndarray:
    image = photograph(number)
    maps_by_kind = grids(image)
    if name == "cam":
        return images.to_levels(maps_by_kind["cam"])
    if name == "cam_crf":
        return crf.label(image, maps_by_kind["cam"], crf.CrfSettings(**CRF))
    if name == "cam_location":
        return methods.cam_location(
            image, maps_by_kind["cam"], maps_by_kind["patch_64"], methods.CamLocationSettings(**LOCATION)
        )
    maps = (maps_by_kind["cam"], maps_by_kind["patch_64"], maps_by_kind["patch_32"])
    return methods.soft_location(image, *maps, settings=methods.SoftLocationSettings(**SOFT))


@pytest.mark.parametrize("name", ["cam", "cam_crf", "cam_location", "soft_location"])
def test_labels_come_in_order_and_equal_those_made_one_by_one(name: str) -> None:
    method = replace(labelling.create_method(name, SECTIONS[name]), in_processes=False)
    count = 12
    found = list(labelling.label(map(item, range(count)), method, workers=2))
    assert [key for key, _, _ in found] == list(range(count))
    for number, pixels, levels in found:
        assert np.array_equal(pixels, photograph(number))
        assert levels.dtype == np.uint8
        assert np.array_equal(levels, one_by_one(name, number))
    assert any(levels.any() for _, _, levels in found)


def test_processes_give_what_threads_give() -> None:
    in_processes = labelling.create_method("cam_crf", SECTIONS["cam_crf"])
    assert in_processes.in_processes
    runs = [
        list(labelling.label(map(item, range(12)), method, workers=2))
        for method in (in_processes, replace(in_processes, in_processes=False))
    ]
    assert [key for key, _, _ in runs[0]] == list(range(12))
    for (key, pixels, levels), (other_key, other_pixels, other_levels) in zip(*runs, strict=True):
        assert key == other_key
        assert np.array_equal(pixels, other_pixels)
        assert np.array_equal(levels, other_levels)


@pytest.mark.parametrize(
    ("name", "changed", "kinds"),
    [
        ("cam", {}, ("cam",)),
        ("cam_crf", {}, ("cam",)),
        ("cam_location", {"patch_side_px": 32}, ("cam", "patch_32")),
        ("soft_location", {"patch_sides_px": [128, 32], "with_cam": False}, ("patch_128", "patch_32")),
        ("soft_location", {"patch_sides_px": [64], "with_cam": True}, ("cam", "patch_64")),
    ],
)
def test_a_section_of_params_yaml_makes_a_method(name: str, changed: dict[str, Any], kinds: tuple[str, ...]) -> None:
    settings = getattr(RIGHT, name).model_dump() | changed
    before = settings.copy()
    made = labelling.create_method(name, settings)
    assert made.kinds == kinds
    assert made.upsample == settings["upsample"]
    assert settings == before
    image = photograph(0)
    levels = made.combine(image, *([grids(image)["cam"]] * len(kinds)))
    assert (levels.shape, levels.dtype) == (image.shape[:2], np.dtype(np.uint8))


def test_a_label_is_empty_where_no_crack_is_possible_and_as_it_was_elsewhere() -> None:
    method = labelling.create_method("cam", SECTIONS["cam"])
    free = item(0)
    possible = np.random.default_rng(1).random(SIZES[0]) < 0.5
    bound = replace(free, crack_possible=possible)
    whole, part = (labelling.soft_mask(item, method=method) for item in (free, bound))
    assert not part[~possible].any()
    assert np.array_equal(part[possible], whole[possible])
    assert whole[~possible].any()
    assert part.dtype == np.uint8
    (found,) = labelling.label([bound], method, workers=1)
    assert np.array_equal(found[2], part)


def test_localisation_maps_are_upsampled_to_the_photograph() -> None:
    cells = np.array([[0.0, 1.0]], np.float32)
    row = {"photo_id": "s/a", "kind": "cam", "cell_px": 8, "cells": images.encode_unit16(cells)}
    method = labelling.create_method("cam", OF_ALL | {"upsample": "nearest"})
    levels = labelling.soft_mask(Item("s/a", np.zeros((5, 13, 3), np.uint8), (row,), None), method=method)
    assert levels.tolist() == [[0] * 8 + [255] * 5] * 5


@pytest.mark.parametrize(("workers", "held"), [(1, 8), (2, 8), (4, 8), (5, 10), (16, 32)])
def test_a_photograph_is_taken_for_each_that_is_labelled_and_no_more_are_held(workers: int, held: int) -> None:
    taken = labelled = 0
    count = held + 9

    def counted() -> Iterator[Item]:
        nonlocal taken
        for number in range(count):
            taken += 1
            yield item(number)

    for _ in labelling.label(counted(), labelling.create_method("cam", SECTIONS["cam"]), workers=workers):
        labelled += 1
        assert taken == min(count, labelled - 1 + held)
    assert labelled == count


def test_as_many_photographs_are_labelled_at_once_as_there_are_workers() -> None:
    workers = 16
    together = threading.Barrier(workers, timeout=60)

    def met(image: np.ndarray, cam: np.ndarray) -> np.ndarray:
        together.wait()  # broken where fewer come
        return images.to_levels(cam)

    found = labelling.label(map(item, range(2 * workers)), Method(("cam",), met, "linear"), workers=workers)
    assert [key for key, _, _ in found] == list(range(2 * workers))


def test_a_fault_in_one_photograph_is_raised_and_not_skipped() -> None:
    def broken(image: np.ndarray, cam: np.ndarray) -> np.ndarray:
        if image.shape[:2] == SIZES[1]:
            raise ZeroDivisionError
        return images.to_levels(cam)

    found = labelling.label(map(item, range(4)), Method(("cam",), broken, "linear"), workers=2)
    assert next(found)[0] == 0
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_no_photographs_have_no_labels() -> None:
    assert not list(labelling.label((), labelling.create_method("cam", SECTIONS["cam"]), workers=1))
