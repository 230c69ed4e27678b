"""The inspection of one photograph before anything is learnt from it."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from crackpipe.data.photo import RawPhoto
from crackpipe.errors import PhotoError
from crackpipe.imaging import images


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Facts of a photograph that an inspection keeps: no pixels.

    Attributes:
        pixel_hash: equal for equal decoded pixels, whatever the file's format or metadata.
        height_px, width_px: after the file's EXIF rotation.
        has_mask: True where the dataset has a mask of it.
        label: 1 crack, 0 none, ``None`` where neither label nor mask is known.
    """

    pixel_hash: bytes
    height_px: int
    width_px: int
    has_mask: bool
    label: int | None


def inspect(raw: RawPhoto, *, max_megapixels: float, needs_mask: bool) -> PhotoFacts:
    """Decode a photograph and its mask and check them against each other.

    Args:
        raw: as its dataset lists it.
        max_megapixels: largest size that is decoded, 10⁶ pixels.
        needs_mask: a photograph without mask is refused.

    Raises:
        PhotoError: the picture is empty, unreadable, truncated or above ``max_megapixels`` (seen from the header,
            before its pixels are decoded); the mask is missing though needed, not binary or of another size; label and
            mask contradict each other; ``mm_per_px`` is no length.
    """
    pixels = decode(raw.read_image, max_megapixels=max_megapixels)
    height, width = pixels.shape[:2]
    if raw.mm_per_px is not None and not (math.isfinite(raw.mm_per_px) and raw.mm_per_px > 0):
        raise PhotoError(f"mm_per_px is {raw.mm_per_px}, expected a length above 0; leave it empty if unknown")
    if raw.read_mask is None:
        if needs_mask:
            raise PhotoError("no mask, but every photograph of this dataset has one; add it")
        label = raw.label
    else:
        label = _label(raw, read_mask(raw, height_px=height, width_px=width))
    digest = hashlib.blake2b(f"{height} {width}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return PhotoFacts(
        pixel_hash=digest.digest(),
        height_px=height,
        width_px=width,
        has_mask=raw.read_mask is not None,
        label=label,
    )


def read_mask(raw: RawPhoto, *, height_px: int, width_px: int) -> Bool[np.ndarray, "h w"]:
    """Read the mask of a photograph of the given size; ``raw.read_mask`` must not be ``None``.

    Raises:
        PhotoError: it cannot be used, or has another size.
    """
    if raw.read_mask is None:
        raise PhotoError("no mask")
    mask = raw.read_mask()
    if mask.shape != (height_px, width_px):
        advice = "rotate the mask" if mask.shape == (width_px, height_px) else "use the mask drawn for this photograph"
        raise PhotoError(f"mask is {mask.shape[1]}×{mask.shape[0]}, photo is {width_px}×{height_px}; {advice}")
    return mask


def decode(read: Callable[[], bytes], *, max_megapixels: float) -> images.Rgb:
    """Read and decode a photograph, after its size is checked in its header.

    Args:
        read: gives the encoded picture.
        max_megapixels: largest size that is decoded, 10⁶ pixels.

    Returns:
        RGB pixels, 0–255.

    Raises:
        PhotoError: it cannot be read, is no whole picture, or above ``max_megapixels``.
    """
    try:
        data = read()
    except OSError as error:
        raise PhotoError(f"cannot be read: {error}") from error
    height, width = images.size_px(data)
    if height * width > max_megapixels * 1e6:
        raise PhotoError(
            f"decompression bomb: its header says {width}×{height}, {height * width / 1e6:.1f} megapixels, above "
            f"ingest.max_megapixels = {max_megapixels:g}; raise that, or shrink the photograph"
        )
    return images.decode_rgb(data)


def _label(raw: RawPhoto, mask: Bool[np.ndarray, "h w"]) -> int:
    crack_px = int(np.count_nonzero(mask))
    if raw.label == 0 and crack_px:
        raise PhotoError(f"labelled without crack, but its mask has {crack_px} crack pixels; correct one of them")
    if raw.label == 1 and not crack_px:
        raise PhotoError("labelled crack, but its mask is empty; correct one of them")
    return int(crack_px > 0)
