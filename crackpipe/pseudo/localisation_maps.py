"""What a patch classifier tells of a photograph: its activation map and its probability on patches, as small grids.

The network runs once; every pseudo-label method reads the same grids (table ``localisation_maps``).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from jaxtyping import Float32, UInt8

from crackpipe.errors import CrackpipeError
from crackpipe.files import parquet
from crackpipe.imaging import images

Photograph = UInt8[np.ndarray, "_h _w 3"]
Cells = Float32[np.ndarray, "_a _b"]
Decoded = tuple[str, Photograph]  # photo_id and pixels
Finder = tuple[int, Callable[[list[np.ndarray]], Sequence[Cells]]]  # pixels per cell; photographs → their cells

CAM = "cam"
CHUNK = 16  # photographs that share batches, and are held at once


def patch_kind(side_px: int) -> str:
    """Name of the patch map with patches of ``side_px``, e.g. ``patch_64``."""
    return f"patch_{side_px}"


def gather(photographs: Iterable[Decoded], finders: Mapping[str, Finder]) -> Iterator[parquet.Row]:
    """Yield rows of the ``localisation_maps`` table, photograph by photograph; ``finders`` by kind."""
    remaining = iter(photographs)
    while chunk := list(islice(remaining, CHUNK)):
        pixels = [image for _, image in chunk]
        found = {kind: find(pixels) for kind, (_, find) in finders.items()}
        for at, (photo_id, _) in enumerate(chunk):
            for kind in sorted(finders):
                cells = images.encode_unit16(found[kind][at])
                yield {"photo_id": photo_id, "kind": kind, "cell_px": finders[kind][0], "cells": cells}


def maps(
    found: Sequence[parquet.Row], *, kinds: Sequence[str], height: int, width: int, upsample: images.Method
) -> list[Float32[np.ndarray, "h w"]]:
    """Maps of a photograph, one for each of ``kinds``, upsampled to its pixels, in [0, 1].

    Args:
        found: the photograph's rows of the ``localisation_maps`` table.

    Raises:
        CrackpipeError: a kind is missing; it has to be listed under ``localisation_maps`` in params.yaml.
    """
    by_kind = {row["kind"]: row for row in found}
    missing = [kind for kind in kinds if kind not in by_kind]
    if missing:
        raise CrackpipeError(
            f"data/localisation_maps: {found[0]['photo_id'] if found else 'a photograph'} has {sorted(by_kind)}, but "
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
    """Cells of ``cell_px`` pixels to pixels, cut to (height, width) and to [0, 1]: Lanczos overshoots."""
    rows, cols = cells.shape
    full = images.resize(cells, height=rows * cell_px, width=cols * cell_px, method=method)
    return np.clip(full[:height, :width], 0, 1)
