"""A picture file, read: upright RGB pixels, which of them belong to the picture, and what was done to get them."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool

from crackpipe.errors import PhotoError
from crackpipe.imaging.images import Rgb

_UPRIGHT = {2: (True, 0), 3: (False, 2), 4: (True, 2), 5: (True, 3), 6: (False, 3), 7: (True, 1), 8: (False, 1)}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file, read.

    Attributes:
        rgb: (h, w, 3), 0–255, turned upright as EXIF says.
        inside: (h, w), False where alpha is 0 or the file says that it holds no data; ``None`` where all is inside.
        notes: what was done that its owner may not expect, each a plain sentence without a full stop.
        turned: whether EXIF says that the sensor's pixels were to be turned.
        orientation: EXIF's, 1–8; see :func:`upright`.
        plain: whether :func:`crackpipe.imaging.images.decode_rgb` gives the same pixels of the file.
        deeper: of samples of which ``rgb`` does not hold all a digest, that tells two such pictures apart; else empty.
    """

    rgb: Rgb
    inside: Bool[np.ndarray, "h w"] | None = None
    notes: tuple[str, ...] = ()
    orientation: int = 1
    plain: bool = False
    deeper: bytes = b""

    @property
    def turned(self) -> bool:
        return self.orientation != 1


@dataclass(frozen=True, slots=True)
class Samples:
    """A picture as its file holds it.

    Attributes:
        levels: (h, w), grey, or (h, w, 3), RGB, of any type of numbers.
        inside: as of :class:`Picture`.
        notes: as of :class:`Picture`.
        orientation: EXIF's.
        upright: whether ``levels`` and ``inside`` have been turned already.
        plain: as of :class:`Picture`.
    """

    levels: np.ndarray
    inside: Bool[np.ndarray, "h w"] | None = None
    notes: tuple[str, ...] = field(default=())
    orientation: int = 1
    upright: bool = False
    plain: bool = False


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn the sensor's pixels (h, w) or (h, w, c) as an EXIF orientation (1–8) says; others leave them as they are."""
    mirrored, quarters = _UPRIGHT.get(orientation, (False, 0))
    turned = np.rot90(pixels, quarters)
    return np.fliplr(turned) if mirrored else turned


def check_size(height: int, width: int, *, max_megapixels: float) -> None:
    """Refuse a size that would not fit.

    Raises:
        PhotoError: it is above ``max_megapixels``, or no size.
    """
    if height < 1 or width < 1:
        raise PhotoError(f"damaged: its header says {width}×{height} pixels; copy the photograph again")
    if height * width > max_megapixels * 1e6:
        raise PhotoError(
            f"decompression bomb: its header says {width}×{height}, {height * width / 1e6:.1f} megapixels, above "
            f"ingest.max_megapixels = {max_megapixels:g}; raise that, or shrink the photograph"
        )
