"""Drawn GeoTIFFs: a grey wall with dark cracks, on a grid."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

UTM33 = "EPSG:32633"
HALF_MM = rasterio.Affine(0.0005, 0, 389250.0, 0, -0.0005, 5820120.0)


def wall(height: int, width: int, *, seed: int = 0) -> np.ndarray:
    """A grey wall, RGB."""
    return np.random.default_rng(seed).integers(140, 180, (height, width, 3), dtype=np.uint8)


def write(
    path: Path,
    bands: np.ndarray,
    *,
    crs: str | None = UTM33,
    transform: Any = HALF_MM,
    alpha: bool = False,
    inside: np.ndarray | None = None,
    **more: Any,
) -> Path:
    """Write samples (h, w, bands) as a TIFF.

    Args:
        alpha: whether the last band is alpha.
        inside: of a mask of its own.
    """
    height, width, count = bands.shape
    colours = {"photometric": "RGB", "alpha": "YES"} if alpha else {"photometric": "RGB"} if count == 3 else {}
    grid = {key: value for key, value in (("crs", crs), ("transform", transform)) if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(
                str(path),
                "w",
                driver="GTiff",
                height=height,
                width=width,
                count=count,
                dtype=bands.dtype,
                **(colours | grid | more),
            ) as file,
        ):
            file.write(np.moveaxis(bands, 2, 0))
            if inside is not None:
                file.write_mask(inside)
    return path
