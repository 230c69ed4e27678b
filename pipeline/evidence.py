"""What the patch classifier sees in every photograph: its activation map and its maps on patches, as small grids.

Reads data/photos and models/classifier; writes data/evidence. Costs: the network on every patch of the sizes that
`evidence.patch_maps` lists, and once on the whole photograph; memory of a chunk of photographs.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import console, params
from crackpipe.classify import classifier
from crackpipe.compute import parallel
from crackpipe.compute.runtime import start_runtime
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.pseudo import cam, evidence, patch_map

PHOTOS, EVIDENCE = Path("data/photos"), Path("data/evidence")


def main() -> None:
    p = params.load()
    q = p.evidence
    runtime = start_runtime(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    model = classifier.for_inference(classifier.load(Path("models/classifier"), runtime), runtime)
    shared: dict[str, Any] = {"model": model, "runtime": runtime, "batch_px": q.batch_px}
    find = partial(cam.activation_cells, **shared, **q.cam.model_dump(), tile_px=q.tile_px)
    finders: dict[str, evidence.Finder] = {evidence.CAM: (cam.CELL_PX, find)}
    for one in q.patch_maps:
        cells = partial(patch_map.patch_cells, **shared, **one.model_dump())
        finders[evidence.patch_kind(one.side_px)] = one.stride_px, cells

    def decoded() -> Iterator[evidence.Decoded]:
        photos = parquet.scan(PHOTOS, schemas.PHOTOS, columns=["photo_id", "image"])
        bar = console.bar(photos, what="evidence", total=parquet.count(PHOTOS, schemas.PHOTOS), unit="photos")
        return parallel.prefetch(
            lambda row: (row["photo_id"], images.decode_rgb(row["image"])),
            bar,
            workers=p.runtime.workers,
            ahead=evidence.CHUNK,
        )

    parquet.write_shards(EVIDENCE, schemas.EVIDENCE, evidence.gather(decoded(), finders))


if __name__ == "__main__":
    console.run(main)
