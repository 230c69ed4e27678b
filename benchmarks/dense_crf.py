"""Time dense-CRF labels: one photograph after the other, as public code does, against our pool of processes.

Run ``python -m benchmarks.dense_crf [--photos N] [--data DIR]``. Both sides call pydensecrf2 with params.yaml's values.
"""

import itertools
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import command, photographs, table, timing
from benchmarks.photographs import Photograph
from crackpipe import params
from crackpipe.imaging import images
from crackpipe.pseudo import cam, labelling, localisation_maps
from crackpipe.pseudo.labelling import Item, Method

PHOTOS = 16
TURNS = 1


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Both ways on ``photos`` photographs."""
    p = params.load()
    method = labelling.create_method("cam_crf", p.pseudo_label.cam_crf.model_dump())
    items = [item(number, one) for number, one in enumerate(photographs.load(photos, data=data))]
    ways = {
        "peers": partial(one_by_one, items, method),
        "ours": partial(pooled, items, method, workers=p.runtime.workers),
    }
    found, times = timing.by_turns(ways, turns=TURNS, what="dense CRF")
    if any(not np.array_equal(*pair) for pair in zip(*found.values(), strict=True)):
        raise SystemExit("dense CRF: labels of the pool differ from those made one by one; expected equal ones")
    alone = timing.Times(tuple(seconds / photos for seconds in times["peers"].seconds))
    running = timing.Times((each_s(items, method, workers=p.runtime.workers),))
    height, width = items[0].image.shape[:2]
    return table.Section(
        title="Dense-CRF labels",
        about=f"pydensecrf2, {p.pseudo_label.cam_crf.iterations} iterations, {width}×{height} px, "
        f"{photographs.described(data)}: one by one against {p.runtime.workers} processes. The labels are equal.",
        rows=(
            table.faster(
                f"{photographs.counted(photos)}, start of the processes included",
                peers=times["peers"],
                ours=times["ours"],
                bar=None,
            ),
            table.faster("each photograph, processes running", peers=alone, ours=running, bar=None),
        ),
        notes=("The stage starts the processes once, for all photographs.",),
    )


def item(number: int, photograph: Photograph) -> Item:
    """A photograph whose activation map is its mask, in cells."""
    height, width = photograph.mask.shape
    cells = images.resize(
        photograph.mask.astype(np.float32),
        height=-(-height // cam.CELL_PX),
        width=-(-width // cam.CELL_PX),
        method="area",
    )
    encoded = images.encode_unit16(cells / max(float(cells.max()), 1e-6))
    row = {"photo_id": str(number), "kind": localisation_maps.CAM, "cell_px": cam.CELL_PX, "cells": encoded}
    return Item(number, photograph.image, (row,), None)


def one_by_one(items: Sequence[Item], method: Method) -> list[np.ndarray]:
    """Labels in a plain loop."""
    return [labelling.soft_mask(each, method=method) for each in items]


def pooled(items: Sequence[Item], method: Method, *, workers: int) -> list[np.ndarray]:
    """Labels as the stage makes them."""
    return [levels for _, _, levels in labelling.label(items, method, workers=workers)]


def each_s(items: Sequence[Item], method: Method, *, workers: int) -> float:
    """Seconds of a photograph in the pool, counted from when every process has made a label."""
    made = labelling.label(items, method, workers=workers)
    first = sum(1 for _ in itertools.islice(made, workers))
    start = time.perf_counter()
    count = sum(1 for _ in made)
    if not count:
        raise SystemExit(f"dense CRF: got {photographs.counted(first)}, expected more than {workers}; raise --photos")
    return (time.perf_counter() - start) / count


if __name__ == "__main__":
    main()
