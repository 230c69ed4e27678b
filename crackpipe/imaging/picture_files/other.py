"""Pictures that Pillow and libheif read: WebP's head, AVIF, GIF, JPEG 2000; HEIC and HEIF."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps

from crackpipe.errors import PhotoError
from crackpipe.imaging import images
from crackpipe.imaging.picture_files import exif
from crackpipe.imaging.picture_files.picture import Samples, check_size, upright


@contextmanager
def refusing(kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises of a damaged file into a PhotoError that names the kind of file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on sizes, which are checked here, and on tags, which are not used
            yield
    except PhotoError:
        raise
    except Exception as error:  # of more types than decoders document
        fault = str(error).strip() or type(error).__name__
        raise PhotoError(f"damaged: the {kind} cannot be decoded ({fault}); copy the photograph again") from error


def webp(data: bytes, *, max_megapixels: float) -> Samples:
    """Decode a WebP.

    Raises:
        PhotoError: it is damaged, truncated or too large.
    """
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise PhotoError("truncated: the WebP is shorter than its header says; copy the photograph again")
    with refusing("WebP"), Image.open(io.BytesIO(data)) as picture:
        check_size(picture.height, picture.width, max_megapixels=max_megapixels)
        frames, has_alpha = getattr(picture, "n_frames", 1), picture.mode == "RGBA"
        turn = exif.orientation(picture.info.get("exif", b""))
    notes = (f"first of {frames} frames",) if frames > 1 else ()
    rgb = images.decode_rgb(data)
    inside = None
    if has_alpha:
        levels = images.decode_samples(data)
        inside = upright(levels[..., 3] > 0, turn) if levels.ndim == 3 and levels.shape[2] == 4 else None
    return Samples(rgb, inside, notes, turn, upright=True, plain=True)


def pillow(data: bytes, *, kind: str, max_megapixels: float) -> Samples:
    """Decode a picture with Pillow, its first frame.

    Raises:
        PhotoError: it is damaged, truncated or too large.
    """
    with refusing(kind), Image.open(io.BytesIO(data)) as picture:
        check_size(picture.height, picture.width, max_megapixels=max_megapixels)
        frames = getattr(picture, "n_frames", 1)
        picture.load()
        turn = picture.getexif().get(0x0112, 1)
        return from_pillow(ImageOps.exif_transpose(picture), frames=frames, orientation=turn)


def from_pillow(picture: Image.Image, *, frames: int, orientation: int) -> Samples:
    """Samples of a loaded picture that stands upright."""
    notes = [f"first of {frames} frames"] if frames > 1 else []
    if picture.mode.startswith(("I", "F")):
        return Samples(np.asarray(picture), None, tuple(notes), orientation, upright=True)
    if picture.mode in ("CMYK", "YCbCr", "LAB"):
        notes.append(f"{picture.mode} converted to RGB")
    inside = None
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        inside = np.asarray(picture)[..., 3] > 0
    return Samples(np.asarray(picture.convert("RGB")), inside, tuple(notes), orientation, upright=True)


def heif(data: bytes, *, max_megapixels: float) -> Samples:
    """Decode HEIC or HEIF with libheif, which turns it upright; 10 and 12 bits become 8.

    Raises:
        PhotoError: it is damaged, truncated or too large.
    """
    import pillow_heif

    with refusing("HEIC"):
        file = pillow_heif.open_heif(io.BytesIO(data))
        width, height = file.size
        check_size(height, width, max_megapixels=max_megapixels)
        levels = np.asarray(file)
        bits, frames = file.info.get("bit_depth", 8), len(file)
    notes = [f"first of {frames} pictures in the file"] if frames > 1 else []
    notes += [f"{bits} bits read as 8"] if bits > 8 else []
    inside = levels[..., -1] > 0 if file.mode in ("RGBA", "LA") else None
    colours = levels[..., 0] if levels.ndim == 3 and levels.shape[2] < 3 else levels[..., :3]
    return Samples(colours if levels.ndim == 3 else levels, inside, tuple(notes), upright=True)
