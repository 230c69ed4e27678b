"""A photograph as it is handed to a trained model: a file, or its pixels."""

import os
from pathlib import Path

import numpy as np

from crackpipe.data import inspection
from crackpipe.data.datasets import layout
from crackpipe.errors import PhotoError
from crackpipe.imaging.images import Rgb

Photograph = str | os.PathLike[str] | np.ndarray
"""Path of a picture, or an array (h, w, 3), uint8, RGB, 0–255."""


def pixels(photo: Photograph, *, max_megapixels: float) -> Rgb:
    """Read the pixels of a photograph: (h, w, 3) RGB, 0–255.

    Args:
        photo: path of a picture (see :mod:`crackpipe.imaging.picture_files.reading`; an EXIF rotation is applied), or
            its pixels.
        max_megapixels: larger files are refused before they are decoded; arrays of any size are taken.

    Raises:
        PhotoError: the file is missing, is no whole picture or too large, or the array is of another shape or type.
    """
    if isinstance(photo, np.ndarray):
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
            raise PhotoError(
                f"an array of {photo.dtype} and shape {photo.shape}; expected uint8 (height, width, 3), RGB from 0 to "
                "255: scale and round other values, repeat a grey channel three times"
            )
        return photo
    path = Path(photo)
    try:
        return inspection.decode(lambda: layout.read_bytes(path), max_megapixels=max_megapixels)
    except PhotoError as error:
        raise PhotoError(f"{path}: {error}") from error
