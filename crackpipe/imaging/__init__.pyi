from . import (
    banded_resize,
    contact_sheet,
    dark_map,
    detail,
    guided_filter,
    images,
    markers,
    noise,
    otsu,
    patch_grid,
    picture_files,
    scale,
    strokes,
)
from .crack_mask import Mask

__all__ = [
    "Mask",
    "banded_resize",
    "contact_sheet",
    "dark_map",
    "detail",
    "guided_filter",
    "images",
    "markers",
    "noise",
    "otsu",
    "patch_grid",
    "picture_files",
    "scale",
    "strokes",
]
