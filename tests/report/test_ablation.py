"""A method with one part changed is scored on the same photographs as the method itself."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.report import ablation

SOFT = {
    "binarise": 0.4,
    "patch_sides_px": [16],
    "with_cam": False,
    "upsample": "linear",
    "smooth_px": 0.0,
    "near": 0.5,
    "classes": 3,
    "softness": 0.0,
    "bilateral_px": 0,
    "bilateral_sigma": 120.0,
    "patch_labels": False,
}


def row(name: str, split: str, mask: np.ndarray | None) -> parquet.Row:
    levels = np.full((16, 16), 200, np.uint8)
    levels[:, ::3] = 160
    if mask is not None:
        levels[mask] = 20
    return {
        "photo_id": name,
        "source": name.split("/")[0],
        "split": split,
        "group_id": name,
        "height_px": 16,
        "width_px": 16,
        "image": images.encode_rgb(np.repeat(levels[..., None], 3, axis=2)),
        "mask": None if mask is None else images.encode_mask(mask),
        "label": None,
        "caption": None,
        "attributes": None,
        "mm_per_px": None,
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Five training photographs with a crack, one without a mask, one of the test split; maps everywhere."""
    crack = np.zeros((16, 16), bool)
    crack[:, 7] = True
    rows = [row(f"site/{i}", "train", crack) for i in range(5)]
    rows += [row("site/no_mask", "train", None), row("site/test", "test", crack)]
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, rows)
    cells = images.encode_unit16(np.full((1, 1), 0.9, np.float32))
    found = [
        {"photo_id": one["photo_id"], "kind": "patch_16", "cell_px": 16, "cells": cells}
        for one in sorted(rows, key=lambda one: one["photo_id"])
    ]
    parquet.write_shards(tmp_path / "localisation_maps", schemas.LOCALISATION_MAPS, found)
    return tmp_path


def score(project: Path, *, limit: int = 100, **variants: dict[str, object]) -> dict[str, dict[str, object]]:
    settings = {name: {**SOFT, **changes} for name, changes in variants.items()}
    tree = ablation.score(
        project / "photos",
        project / "localisation_maps",
        variants={"soft_location": settings},
        splits=["train"],
        limit=limit,
        crack_free_patches={f"site/{i}": [(0, 0, 16)] for i in range(5)},
        tolerance_px=2,
        workers=2,
    )
    return {name: sources["site"]["train"] for name, sources in tree["soft_location"].items()}


def test_each_variant_is_scored_on_the_labelled_photographs_of_the_split(project: Path):
    found = score(project, full={}, no_darkness={"softness": 1e6})
    assert found["full"]["n"] == found["no_darkness"]["n"] == 5
    assert found["full"]["ods"] == 1.0  # the dark column is the crack
    column, square = 16, 256
    assert found["no_darkness"]["ods"] == pytest.approx(2 * column / (column + square))


def test_patch_labels_count_only_where_a_variant_takes_them(project: Path):
    found = score(project, without={"patch_labels": False}, with_labels={"patch_labels": True})
    assert found["without"]["ods"] == 1.0
    assert found["with_labels"]["ods"] == 0.0  # these labels say that there is no crack anywhere


def test_a_limit_takes_photographs_evenly(project: Path):
    assert score(project, limit=3, full={})["full"]["n"] == 3
    assert score(project, limit=2, full={})["full"]["n"] == 2
