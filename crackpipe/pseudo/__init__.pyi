from . import (
    baselines,
    cam,
    crf,
    labelling,
    localisation_maps,
    map_predictors,
    methods,
    patch_map,
    self_training,
    stream,
)

__all__ = [
    "baselines",
    "cam",
    "crf",
    "labelling",
    "localisation_maps",
    "map_predictors",
    "methods",
    "patch_map",
    "self_training",
    "stream",
]
