"""Localisation maps of every photograph by the patch classifier: its activation map and its patch maps, as small grids.

Reads data/photos and models/classifier; writes data/localisation_maps. Costs: the network on every patch of the sizes
that `localisation_maps.patch_maps` lists, and once on the whole photograph; memory of a chunk of photographs.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.classify import classifier
from crackpipe.data import decoded
from crackpipe.files import parquet, schemas
from crackpipe.params.project import Project
from crackpipe.pseudo import localisation_maps
from crackpipe.pseudo.map_predictors import map_predictors

PHOTOS, LOCALISATION_MAPS = Path("data/photos"), Path("data/localisation_maps")


def main() -> None:
    project = Project.open()
    params = project.params
    runtime = project.start_runtime()
    model = classifier.for_inference(classifier.load(Path("models/classifier"), runtime), runtime)
    predictors = map_predictors(model, runtime, params.localisation_maps)
    photos = decoded.photographs(
        PHOTOS, workers=params.runtime.workers, what="localisation maps", ahead=localisation_maps.CHUNK
    )
    parquet.write_shards(LOCALISATION_MAPS, schemas.LOCALISATION_MAPS, localisation_maps.gather(photos, predictors))


if __name__ == "__main__":
    console.run(main)
