from . import dataset, draw, embed, head_files, heads, settings, subsets, sweep, training, training_free

__all__ = [
    "dataset",
    "draw",
    "embed",
    "head_files",
    "heads",
    "settings",
    "subsets",
    "sweep",
    "training",
    "training_free",
]
