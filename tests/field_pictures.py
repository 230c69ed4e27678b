"""One drawn wall with a crack, and the same picture in every container that comes from the field."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
import tifffile
from PIL import Image

HEIGHT, WIDTH = 48, 64


def wall(seed: int = 0) -> np.ndarray:
    """A light wall (h, w, 3) with a dark crack, unlike its mirror images; no level above 254."""
    row, col = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    smooth = 150 + 30 * np.sin(col / 17) + 20 * np.cos(row / 11) + col / 3
    picture = np.stack([smooth, smooth * 0.95, smooth * 0.85], axis=2)
    picture += np.random.default_rng(seed).normal(0, 3, picture.shape)
    picture[crack()] *= 0.3
    return np.clip(picture, 1, 254).astype(np.uint8)


def crack() -> np.ndarray:
    """The crack's mask (h, w): two pixels wide, in the upper part."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for col in range(4, 60):
        mask[8 + col // 6 : 10 + col // 6, col] = True
    return mask


def pillow(picture: np.ndarray | Image.Image, kind: str, **settings: Any) -> bytes:
    """Encode with Pillow."""
    file = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(file, kind, **settings)
    return file.getvalue()


def tiff(samples: np.ndarray, **settings: Any) -> bytes:
    """Encode with tifffile."""
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **settings)
    return file.getvalue()


def heic(picture: np.ndarray) -> bytes:
    """Encode with libheif."""
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(picture)).save(file, quality=90)
    return file.getvalue()


def exif(orientation: int) -> Image.Exif:
    """An EXIF block with an orientation."""
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def dng(picture: np.ndarray) -> bytes:
    """A camera RAW of one mosaic of 14 bits, as tags of DNG 1.4 describe it."""
    identity = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    tags = [
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),
        (50717, 4, 1, 16383, True),
        (50708, 2, 0, "Test", True),
        (271, 2, 0, "Test", True),
        (272, 2, 0, "Test", True),
        (50721, 10, 9, identity, True),
        (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),
    ]
    return tiff(picture[..., 1].astype(np.uint16) * 60, photometric=32803, extratags=tags)


def rgba(picture: np.ndarray) -> np.ndarray:
    """The picture with its leftmost ten columns transparent."""
    alpha = np.full(picture.shape[:2], 255, np.uint8)
    alpha[:, :10] = 0
    return np.dstack([picture, alpha])


def every(seed: int = 0) -> dict[str, bytes]:
    """The wall in every container, by a name of it."""
    picture = wall(seed)
    planes = np.moveaxis(picture, 2, 0)
    drawn = Image.fromarray(picture)
    deep = picture.astype(np.uint16) * 257
    writers: dict[str, Callable[[], bytes]] = {
        "jpeg": lambda: pillow(picture, "JPEG", quality=92),
        "jpeg grey": lambda: pillow(drawn.convert("L"), "JPEG", quality=92),
        "jpeg progressive": lambda: pillow(picture, "JPEG", quality=92, progressive=True),
        "jpeg restarts": lambda: pillow(picture, "JPEG", quality=92, restart_marker_blocks=3),
        "jpeg cmyk": lambda: pillow(drawn.convert("CMYK"), "JPEG", quality=92),
        "mpo": lambda: pillow(drawn, "MPO", save_all=True, append_images=[drawn], quality=92),
        "png": lambda: pillow(picture, "PNG"),
        "png palette": lambda: pillow(drawn.quantize(200), "PNG"),
        "png alpha": lambda: pillow(rgba(picture), "PNG"),
        "png 16 bits": lambda: pillow(deep[..., 0], "PNG"),
        "bmp": lambda: pillow(picture, "BMP"),
        "webp": lambda: pillow(picture, "WEBP", quality=95),
        "webp lossless alpha": lambda: pillow(rgba(picture), "WEBP", lossless=True, exact=True),
        "webp frames": lambda: pillow(drawn, "WEBP", save_all=True, append_images=[drawn.convert("L")]),
        "gif": lambda: pillow(drawn.quantize(200), "GIF"),
        "avif": lambda: pillow(picture, "AVIF", quality=95),
        "heic": lambda: heic(picture),
        "jpeg 2000": lambda: pillow(picture, "JPEG2000"),
        "tiff": lambda: tiff(picture, photometric="rgb"),
        "tiff planar": lambda: tiff(planes, photometric="rgb", planarconfig="separate"),
        "tiff big": lambda: tiff(picture, photometric="rgb", bigtiff=True),
        "tiff tiles": lambda: tiff(picture, photometric="rgb", tile=(16, 16), compression="zlib"),
        "tiff 16 bits": lambda: tiff(deep, photometric="rgb", compression="zlib", predictor=True),
        "tiff float": lambda: tiff(picture.astype(np.float32) / 255, photometric="rgb"),
        "tiff five bands": lambda: tiff(
            np.concatenate([planes, planes[:2]]), photometric="minisblack", planarconfig="separate"
        ),
        "tiff alpha": lambda: tiff(rgba(picture), photometric="rgb", extrasamples=["unassalpha"]),
        "tiff pages": lambda: tiff(np.stack([picture, picture[::-1]]), photometric="rgb"),
        "tiff lzw": lambda: pillow(picture, "TIFF", compression="tiff_lzw"),
        "tiff jpeg": lambda: pillow(picture, "TIFF", compression="jpeg", quality=92),
        "tiff palette": lambda: pillow(drawn.quantize(200), "TIFF"),
        "tiff cmyk": lambda: pillow(drawn.convert("CMYK"), "TIFF"),
        "tiff turned": lambda: tiff(picture, photometric="rgb", extratags=[(274, 3, 1, 6, True)]),
        "dng": lambda: dng(picture),
    }
    return {name: write() for name, write in writers.items()}
