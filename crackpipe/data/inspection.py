"""The inspection of one photograph before anything is learnt from it."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from crackpipe.data import mask_doubts
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import PhotoError
from crackpipe.imaging import images, picture_files
from crackpipe.imaging.picture_files import Picture


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Facts of a photograph that an inspection keeps: no pixels.

    Attributes:
        pixel_hash: equal for equal decoded pixels, whatever the file's format or metadata.
        height_px, width_px: after the file's EXIF rotation.
        has_mask: True where the dataset has a mask of it.
        label: 1 crack, 0 none, ``None`` where neither label nor mask is known.
        plain: whether :func:`crackpipe.imaging.images.decode_rgb` gives the same pixels of the file's own bytes.
        has_outside: whether some of its pixels are transparent or without data.
        notes: what its owner may not expect, of the file and of its mask; each a plain sentence.
    """

    pixel_hash: bytes
    height_px: int
    width_px: int
    has_mask: bool
    label: int | None
    plain: bool
    has_outside: bool
    notes: tuple[str, ...]


def inspect(raw: RawPhoto, *, max_megapixels: float, needs_mask: bool) -> PhotoFacts:
    """Decode a photograph and its mask and check them against each other.

    Args:
        raw: as its dataset lists it.
        max_megapixels: largest size that is decoded, 10⁶ pixels.
        needs_mask: a photograph without mask is refused.

    Raises:
        PhotoError: the picture is empty, unreadable, damaged, truncated or above ``max_megapixels`` (seen from the
            header, before its pixels are decoded); the mask is missing though needed, not binary or of another size;
            label and mask contradict each other; ``mm_per_px`` is no length.
    """
    picture = read(raw.read_image, max_megapixels=max_megapixels)
    height, width = picture.rgb.shape[:2]
    if raw.mm_per_px is not None and not (math.isfinite(raw.mm_per_px) and raw.mm_per_px > 0):
        raise PhotoError(f"mm_per_px is {raw.mm_per_px}, expected a length above 0; leave it empty if unknown")
    if raw.read_mask is None:
        if needs_mask:
            raise PhotoError("no mask, but every photograph of this dataset has one; add it")
        label, notes = raw.label, picture.notes
    else:
        mask = read_mask(raw, height_px=height, width_px=width, orientation=picture.orientation)
        notes = picture.notes + mask_doubts.of(mask, picture)
        label = _label(raw, mask if picture.inside is None else mask & picture.inside)
    return PhotoFacts(
        pixel_hash=_pixel_hash(picture),
        height_px=height,
        width_px=width,
        has_mask=raw.read_mask is not None,
        label=label,
        plain=picture.plain,
        has_outside=picture.inside is not None,
        notes=notes,
    )


def _pixel_hash(picture: Picture) -> bytes:
    """Digest of the pixels; of samples deeper than 8 bits too, so that two pictures never become one by rounding."""
    height, width = picture.rgb.shape[:2]
    digest = hashlib.blake2b(f"{height} {width}".encode(), digest_size=16)
    digest.update(picture.rgb.data)
    digest.update(picture.deeper)
    if picture.inside is not None:
        digest.update(np.packbits(picture.inside).data)
    return digest.digest()


def read_mask(raw: RawPhoto, *, height_px: int, width_px: int, orientation: int = 1) -> Bool[np.ndarray, "h w"]:
    """Read the mask of a photograph of the given size; ``raw.read_mask`` must not be ``None``.

    Args:
        raw: the photograph.
        height_px, width_px: of its upright pixels.
        orientation: EXIF's of the photograph, for the error.

    Raises:
        PhotoError: it cannot be used, or has another size.
    """
    if raw.read_mask is None:
        raise PhotoError("no mask")
    mask = raw.read_mask()
    if mask.shape != (height_px, width_px):
        advice = "rotate the mask" if mask.shape == (width_px, height_px) else "use the mask drawn for this photograph"
        if mask.shape == (width_px, height_px) and orientation > 4:
            advice = (
                "it fits the sensor's pixels, which EXIF turns; rotate the mask, or draw it on the turned photograph"
            )
        raise PhotoError(f"mask is {mask.shape[1]}×{mask.shape[0]}, photo is {width_px}×{height_px}; {advice}")
    return mask


def read(read_bytes: Callable[[], bytes], *, max_megapixels: float) -> Picture:
    """Read and decode a photograph, after its size is checked in its header.

    Args:
        read_bytes: gives the encoded picture.
        max_megapixels: largest size that is decoded, 10⁶ pixels.

    Raises:
        PhotoError: it cannot be read, is no whole picture, or above ``max_megapixels``.
    """
    try:
        data = read_bytes()
    except OSError as error:
        raise PhotoError(f"cannot be read: {error}") from error
    return picture_files.read(data, max_megapixels=max_megapixels)


def decode(read_bytes: Callable[[], bytes], *, max_megapixels: float) -> images.Rgb:
    """RGB pixels, 0–255, of a photograph; arguments and errors of :func:`read`."""
    return read(read_bytes, max_megapixels=max_megapixels).rgb


def _label(raw: RawPhoto, mask: Bool[np.ndarray, "h w"]) -> int:
    crack_px = int(np.count_nonzero(mask))
    if raw.label == 0 and crack_px:
        raise PhotoError(f"labelled without crack, but its mask has {crack_px} crack pixels; correct one of them")
    if raw.label == 1 and not crack_px:
        raise PhotoError("labelled crack, but its mask is empty; correct one of them")
    return int(crack_px > 0)
