from . import baselines, cam, crf, finders, labelling, localisation_maps, methods, patch_map, self_training, stream

__all__ = [
    "baselines",
    "cam",
    "crf",
    "finders",
    "labelling",
    "localisation_maps",
    "methods",
    "patch_map",
    "self_training",
    "stream",
]
