"""The classifier as predictor of each kind of localisation map."""

from collections.abc import Collection
from functools import partial
from typing import Any

from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime
from crackpipe.params.labels import LocalisationMaps
from crackpipe.pseudo import cam, localisation_maps, patch_map
from crackpipe.pseudo.localisation_maps import MapPredictor


def map_predictors(
    model: Classifier, runtime: Runtime, settings: LocalisationMaps, *, kinds: Collection[str] | None = None
) -> dict[str, MapPredictor]:
    """Predictors of localisation maps, by kind; see :func:`crackpipe.pseudo.localisation_maps.gather`.

    Args:
        model: the patch classifier, ready for inference.
        runtime: device and precision.
        settings: the section ``localisation_maps`` of ``params.yaml``.
        kinds: names of the maps that are wanted; ``None`` takes the activation map and every patch map.
    """
    shared: dict[str, Any] = {"model": model, "runtime": runtime, "batch_px": settings.batch_px}
    activation = partial(cam.activation_cells, **shared, **settings.cam.model_dump(), tile_px=settings.tile_px)
    by_kind = {localisation_maps.CAM: MapPredictor(cam.CELL_PX, activation)}
    for patches in settings.patch_maps:
        cells = partial(patch_map.patch_cells, **shared, **patches.model_dump())
        by_kind[localisation_maps.patch_kind(patches.side_px)] = MapPredictor(patches.stride_px, cells)
    return {kind: predictor for kind, predictor in by_kind.items() if kinds is None or kind in kinds}
