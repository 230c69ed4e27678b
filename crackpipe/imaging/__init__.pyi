from . import (
    banded_resize,
    contact_sheet,
    dark_map,
    guided_filter,
    images,
    noise,
    otsu,
    patch_grid,
    picture_files,
    strokes,
)
from .crack_mask import Mask

__all__ = [
    "Mask",
    "banded_resize",
    "contact_sheet",
    "dark_map",
    "guided_filter",
    "images",
    "noise",
    "otsu",
    "patch_grid",
    "picture_files",
    "strokes",
]
