"""Tables with photographs and masks drawn by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

Photos = Callable[[dict[str, tuple[str, np.ndarray | None]]], Path]
Masks = Callable[[str, dict[str, np.ndarray]], None]
Labels = Callable[..., None]


@pytest.fixture
def crack() -> np.ndarray:
    """A vertical crack in 12 × 16 pixels."""
    mask = np.zeros((12, 16), bool)
    mask[1:11, 5] = True
    return mask


@pytest.fixture
def write_photos(tmp_path: Path) -> Photos:
    """Write data/photos from split and mask by photo_id; the crack is black on a light wall."""

    def write(rows: dict[str, tuple[str, np.ndarray | None]]) -> Path:
        written = []
        for name, (split, mask) in sorted(rows.items()):
            image = np.full((12, 16, 3), 230, np.uint8)
            image[np.zeros((12, 16), bool) if mask is None else mask] = 0
            written.append(
                {
                    "photo_id": name,
                    "source": name.split("/")[0],
                    "split": split,
                    "group_id": name,
                    "height_px": 12,
                    "width_px": 16,
                    "image": images.encode_rgb(image),
                    "mask": None if mask is None else images.encode_mask(mask),
                    "label": None,
                    "caption": None,
                    "attributes": None,
                    "mm_per_px": None,
                }
            )
        parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, written)
        return tmp_path / "photos"

    return write


@pytest.fixture
def write_masks(tmp_path: Path) -> Masks:
    """Write data/masks/CELL from levels (0–255) by photo_id."""

    def write(cell: str, levels: dict[str, np.ndarray]) -> None:
        rows = [{"photo_id": name, "mask": images.encode_grey(one)} for name, one in sorted(levels.items())]
        parquet.write_shards(tmp_path / "masks" / cell, schemas.MASKS, rows)

    return write


@pytest.fixture
def write_labels(tmp_path: Path) -> Labels:
    """Write data/pseudo_labels/METHOD from levels (0–255) by photo_id."""

    def write(method: str, levels: dict[str, np.ndarray], *, crack_px: int = 10) -> None:
        rows = [
            {"photo_id": name, "method": method, "mask": images.encode_grey(one), "binarise": 0.5, "crack_px": crack_px}
            for name, one in sorted(levels.items())
        ]
        parquet.write_shards(tmp_path / "labels" / method, schemas.PSEUDO_LABELS, rows)

    return write
