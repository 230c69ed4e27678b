"""Localisation maps of a patch classifier: its activation map and its crack probability on patches, as small grids.

The network runs once; every pseudo-label method reads the same grids (table ``localisation_maps``).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet
from crackpipe.imaging import images

Photograph = UInt8[np.ndarray, "_h _w 3"]
Cells = Float32[np.ndarray, "_a _b"]
Decoded = tuple[str, Photograph]  # photo_id and pixels

CAM = "cam"
CHUNK = 16  # photographs that share batches, and are held at once


@dataclass(frozen=True, slots=True)
class MapPredictor:
    """One kind of localisation map.

    Attributes:
        cell_px: side of a cell, pixels.
        predict_maps: photographs (RGB 0–255) to their grids of cells in [0, 1].
    """

    cell_px: int
    predict_maps: Callable[[list[np.ndarray]], Sequence[Cells]]


def patch_kind(side_px: int) -> str:
    """Name of the patch map with patches of ``side_px``, e.g. ``patch_64``."""
    return f"patch_{side_px}"


def gather(photographs: Iterable[Decoded], predictors: Mapping[str, MapPredictor]) -> Iterator[parquet.Row]:
    """Yield rows of the ``localisation_maps`` table, photograph by photograph.

    Memory holds ``CHUNK`` photographs.

    Args:
        photographs: photo_id and RGB pixels 0–255, ascending in photo_id.
        predictors: by kind of map: ``cam``, or a name from :func:`patch_kind`.
    """
    remaining = iter(photographs)
    while chunk := list(islice(remaining, CHUNK)):
        pixels = [image for _, image in chunk]
        grids = {kind: predictor.predict_maps(pixels) for kind, predictor in predictors.items()}
        for index, (photo_id, _) in enumerate(chunk):
            for kind in sorted(predictors):
                cells = images.encode_unit16(grids[kind][index])
                yield {"photo_id": photo_id, "kind": kind, "cell_px": predictors[kind].cell_px, "cells": cells}


def maps(
    rows: Sequence[parquet.Row], *, kinds: Sequence[str], height: int, width: int, upsample: images.Method
) -> list[Float32[np.ndarray, "h w"]]:
    """Maps of a photograph, one for each of ``kinds``, upsampled to its pixels, in [0, 1].

    Args:
        rows: the photograph's rows of the ``localisation_maps`` table.
        kinds: names of maps, in the order in which they are returned.
        height, width: of the photograph, pixels.
        upsample: interpolation.

    Raises:
        CrackpipeError: a kind is missing; it has to be listed under ``localisation_maps`` in params.yaml.
    """
    by_kind = {row["kind"]: row for row in rows}
    missing = [kind for kind in kinds if kind not in by_kind]
    if missing:
        raise CrackpipeError(
            f"data/localisation_maps: {rows[0]['photo_id'] if rows else 'a photograph'} has {sorted(by_kind)}, but "
            f"the method needs {missing[0]}; list that patch size under localisation_maps.patch_maps in params.yaml "
            "and run `dvc repro`"
        )
    return [
        upsampled(
            images.decode_unit16(by_kind[kind]["cells"]),
            cell_px=by_kind[kind]["cell_px"],
            height=height,
            width=width,
            method=upsample,
        )
        for kind in kinds
    ]


def upsampled(
    cells: Float32[np.ndarray, "a b"], *, cell_px: int, height: int, width: int, method: images.Method
) -> Float32[np.ndarray, "h w"]:
    """Upsample a grid of cells to pixels, cut to the photograph and to [0, 1]: Lanczos overshoots.

    Args:
        cells: in [0, 1]; they may reach over the photograph's lower and right border.
        cell_px: side of a cell, pixels.
        height, width: of the photograph, pixels.
        method: interpolation.
    """
    rows, cols = cells.shape
    full = images.resize(cells, height=rows * cell_px, width=cols * cell_px, method=method)
    return np.clip(full[:height, :width], 0, 1)
