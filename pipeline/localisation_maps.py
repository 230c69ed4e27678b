"""What the patch classifier sees in every photograph: its activation map and its maps on patches, as small grids.

Reads data/photos and models/classifier; writes data/localisation_maps. Costs: the network on every patch of the sizes
that `localisation_maps.patch_maps` lists, and once on the whole photograph; memory of a chunk of photographs.
"""

from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import console
from crackpipe.classify import classifier
from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.params.project import Project
from crackpipe.pseudo import cam, localisation_maps, patch_map

PHOTOS, LOCALISATION_MAPS = Path("data/photos"), Path("data/localisation_maps")


def main() -> None:
    project = Project.open()
    p = project.params
    q = p.localisation_maps
    runtime = project.start_runtime()
    model = classifier.for_inference(classifier.load(Path("models/classifier"), runtime), runtime)
    shared: dict[str, Any] = {"model": model, "runtime": runtime, "batch_px": q.batch_px}
    find = partial(cam.activation_cells, **shared, **q.cam.model_dump(), tile_px=q.tile_px)
    finders: dict[str, localisation_maps.Finder] = {localisation_maps.CAM: (cam.CELL_PX, find)}
    for one in q.patch_maps:
        cells = partial(patch_map.patch_cells, **shared, **one.model_dump())
        finders[localisation_maps.patch_kind(one.side_px)] = one.stride_px, cells
    photos = decoded.photographs(
        PHOTOS, workers=p.runtime.workers, what="localisation maps", ahead=localisation_maps.CHUNK
    )
    parquet.write_shards(LOCALISATION_MAPS, schemas.LOCALISATION_MAPS, localisation_maps.gather(photos, finders))


if __name__ == "__main__":
    console.run(main)
