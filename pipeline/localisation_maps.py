"""Localisation maps of every photograph by the patch classifier: its activation map and its patch maps, as small grids.

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
from crackpipe.pseudo.localisation_maps import MapPredictor

PHOTOS, LOCALISATION_MAPS = Path("data/photos"), Path("data/localisation_maps")


def main() -> None:
    project = Project.open()
    params = project.params
    settings = params.localisation_maps
    runtime = project.start_runtime()
    model = classifier.for_inference(classifier.load(Path("models/classifier"), runtime), runtime)
    shared: dict[str, Any] = {"model": model, "runtime": runtime, "batch_px": settings.batch_px}
    activation = partial(cam.activation_cells, **shared, **settings.cam.model_dump(), tile_px=settings.tile_px)
    predictors = {localisation_maps.CAM: MapPredictor(cam.CELL_PX, activation)}
    for patches in settings.patch_maps:
        probability = partial(patch_map.patch_cells, **shared, **patches.model_dump())
        predictors[localisation_maps.patch_kind(patches.side_px)] = MapPredictor(patches.stride_px, probability)
    photos = decoded.photographs(
        PHOTOS, workers=params.runtime.workers, what="localisation maps", ahead=localisation_maps.CHUNK
    )
    parquet.write_shards(LOCALISATION_MAPS, schemas.LOCALISATION_MAPS, localisation_maps.gather(photos, predictors))


if __name__ == "__main__":
    console.run(main)
