"""GeoPackages of lines; the only file that knows pyogrio."""

import io
import struct
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pyogrio
from jaxtyping import Float64

LAYER = "cracks"
UNCHANGED = "2000-01-01T00:00:00Z"  # the time of change that the format asks for: the same cracks, the same bytes
LINES, LINE = 5, 2  # types of well-known binary
Lines = Sequence[Float64[np.ndarray, "_n 2"]]


def encoded(features: Sequence[Lines], columns: Mapping[str, np.ndarray], *, crs: str) -> bytes:
    """Encode a layer ``cracks`` of lines with attributes as a GeoPackage.

    Args:
        features: of each the lines, x and y.
        columns: attributes by name: numbers, NaN where there is none, or texts.
        crs: of x and y, as WKT; empty where it is not known.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": UNCHANGED})
    file = io.BytesIO()
    with warnings.catch_warnings():
        if not crs:
            warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.raw.write(
            file,
            np.array([*map(_binary, features), None], object)[:-1],
            list(columns.values()),
            list(columns),
            layer=LAYER,
            driver="GPKG",
            geometry_type="MultiLineString",
            crs=crs or None,
        )
    return file.getvalue()


def _binary(lines: Lines) -> bytes:
    """Lines as well-known binary, little-endian."""
    parts = [struct.pack("<BII", 1, LINE, len(line)) + line.astype("<f8").tobytes() for line in lines]
    return struct.pack("<BII", 1, LINES, len(parts)) + b"".join(parts)
