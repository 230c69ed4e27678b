"""Pictures as arrays: the only file, beside ``markers``, that knows OpenCV. RGB in, RGB out; BGR never leaves it.

Images are ``uint8`` arrays of shape (height, width, 3), 0–255, RGB; grey images (height, width); masks are boolean
with True = crack. No function modifies its input.
"""

import io
import math
import struct
import warnings
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Shaped, UInt8
from PIL import Image

from crackpipe.errors import PhotoError

Method = Literal["nearest", "linear", "area", "lanczos"]
SquareFit = Literal["resize", "centre"]
Rgb = UInt8[np.ndarray, "h w 3"]
Grey = UInt8[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]

_PNG_HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"

_INTERPOLATION = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}


def size_px(data: bytes) -> tuple[int, int]:
    """Read (height, width) from a picture's header, without decoding its pixels.

    Raises:
        PhotoError: ``data`` is empty or no picture.
    """
    if not data:
        raise PhotoError("the file is empty (0 bytes)")
    if data[:16] == _PNG_HEAD and len(data) >= 24:  # Pillow refuses a PNG for the length of its texts
        width, height = struct.unpack_from(">II", data, 16)
        return height, width
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the caller checks the size itself
            with Image.open(io.BytesIO(data)) as picture:
                return picture.height, picture.width
    except Image.DecompressionBombError as error:
        raise PhotoError(f"decompression bomb: {error}") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise PhotoError("not a picture that can be read (JPEG, PNG, TIFF, WebP, HEIC and others are)") from error


def decode_rgb(data: bytes) -> Rgb:
    """Decode an encoded picture to RGB; an EXIF rotation is applied.

    Raises:
        PhotoError: the bytes are not a picture, or end too early.
    """
    return cv2.cvtColor(_decode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def decode_grey(data: bytes) -> Grey:
    """Decode an encoded picture to grey levels.

    Raises:
        PhotoError: the bytes are not a picture, or end too early.
    """
    return _decode(data, cv2.IMREAD_GRAYSCALE)


def decode_levels(data: bytes) -> np.ndarray:
    """Decode an encoded picture to grey levels (h, w) in the file's own depth: uint8, uint16 or float32.

    ``decode_grey`` would shift 16 bits down to 8, and turn a 16-bit mask of 0 and 1 into nothing.

    Raises:
        PhotoError: the bytes are not a picture, or end too early.
    """
    return _decode(data, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)


def decode_samples(data: bytes) -> np.ndarray:
    """Decode an encoded picture as its file holds it: (h, w), (h, w, 3) RGB or (h, w, 4) RGBA, in the file's own depth.

    No EXIF rotation is applied.

    Raises:
        PhotoError: the bytes are not a picture, or end too early.
    """
    pixels = _decode(data, cv2.IMREAD_UNCHANGED)
    order = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}.get(pixels.shape[2] if pixels.ndim == 3 else 1)
    return pixels if order is None else cv2.cvtColor(pixels, order)


def decode_mask(data: bytes) -> Mask:
    """Decode a mask written by :func:`encode_mask`, or any 8-bit mask: crack where the level is above 0."""
    return decode_grey(data) > 0


def _decode(data: bytes, flags: int) -> np.ndarray:
    size_px(data)
    if data[:2] == b"\xff\xd8" and not _has_jpeg_end(data):
        raise PhotoError("truncated: the JPEG has no end marker")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is raised
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise PhotoError(f"cannot be decoded: {error.err}") from error
    if pixels is None:
        raise PhotoError("truncated or damaged: its header is a picture's, its pixels cannot be decoded")
    return pixels


def _has_jpeg_end(data: bytes) -> bool:
    """Look for the picture's own end marker; a thumbnail has one too, and a phone may append a film to it."""
    position = 2
    # segments before the scan
    while data[position : position + 1] == b"\xff" and data[position + 1 : position + 2] != b"\xda":
        fill = data[position + 1 : position + 2] == b"\xff"
        position += 1 if fill else 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return data.find(b"\xff\xd9", position) >= 0


def encode_rgb(image: Rgb) -> bytes:
    """Encode RGB as PNG, lossless."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def encode_jpeg(image: Rgb, *, quality: int) -> bytes:
    """Encode RGB as JPEG; ``quality`` 1–100."""
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ].tobytes()


def encode_grey(levels: Grey) -> bytes:
    """Encode grey levels as 8-bit PNG, lossless."""
    return cv2.imencode(".png", levels)[1].tobytes()


def encode_unit16(values: Float32[np.ndarray, "h w"]) -> bytes:
    """Encode values in [0, 1] as 16-bit PNG, in steps of 1/65535."""
    return cv2.imencode(".png", np.rint(np.clip(values, 0, 1) * np.float32(65535)).astype(np.uint16))[1].tobytes()


def decode_unit16(data: bytes) -> Float32[np.ndarray, "h w"]:
    """Decode what :func:`encode_unit16` wrote to values in [0, 1]."""
    return decode_levels(data).astype(np.float32) / np.float32(65535)


def encode_mask(mask: Mask) -> bytes:
    """Encode a mask as 1-bit PNG, lossless."""
    return cv2.imencode(".png", mask.astype(np.uint8) * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes()


def resize(pixels: np.ndarray, *, height: int, width: int, method: Method) -> np.ndarray:
    """Resample an image (h, w) or (h, w, c), uint8 or float32. Lanczos overshoots: clip a float result yourself."""
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    return cv2.resize(pixels, (width, height), interpolation=_INTERPOLATION[method])


def squeezed(image: np.ndarray, *, side_px: int) -> np.ndarray:
    """Squeeze the whole image (h, w) or (h, w, 3) into a square of ``side_px``: area means where it becomes smaller."""
    height, width = (min(side_px, length) for length in image.shape[:2])
    if (height, width) != image.shape[:2]:
        image = resize(image, height=height, width=width, method="area")
    return resize(image, height=side_px, width=side_px, method="linear")


def square(image: np.ndarray, *, side_px: int, fit: SquareFit) -> np.ndarray:
    """Bring an image (h, w) or (h, w, 3) to a square of ``side_px``.

    Args:
        image: uint8 or float32.
        side_px: of the square.
        fit: ``resize`` squeezes the whole of it, see :func:`squeezed`; ``centre`` brings its shorter side to
            ``side_px`` and cuts the middle out, as CLIP's own preprocessing (area means or linear here, bicubic there).
    """
    if fit == "resize":
        return squeezed(image, side_px=side_px)
    height, width = image.shape[:2]
    short = min(height, width)
    sides = {
        "height": max(side_px, round(height * side_px / short)),
        "width": max(side_px, round(width * side_px / short)),
    }
    smaller = resize(image, **sides, method="area" if side_px < short else "linear")
    top, left = (sides["height"] - side_px) // 2, (sides["width"] - side_px) // 2
    return smaller[top : top + side_px, left : left + side_px]


def turned_window(
    pixels: np.ndarray, *, centre_row: float, centre_col: float, turn_deg: float, side_px: int
) -> np.ndarray:
    """Cut a turned square around a centre, bilinear; beyond its borders the image is mirrored.

    Args:
        pixels: (h, w) or (h, w, c), uint8 or float32.
        centre_row, centre_col: of the square, pixels.
        turn_deg: counter-clockwise.
        side_px: of the square.
    """
    matrix = cv2.getRotationMatrix2D((centre_col, centre_row), turn_deg, 1.0)
    matrix[0, 2] += (side_px - 1) / 2 - centre_col
    matrix[1, 2] += (side_px - 1) / 2 - centre_row
    return cv2.warpAffine(pixels, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def to_grey(image: Rgb) -> Grey:
    """Luma of RGB (BT.601: 0.299 R + 0.587 G + 0.114 B)."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def bilateral(pixels: np.ndarray, *, diameter_px: int, sigma_colour: float, sigma_space: float) -> np.ndarray:
    """Bilateral filter (König et al., eq. 1–4) of uint8 levels or float32; sigmas are in grey levels and pixels."""
    return cv2.bilateralFilter(pixels, diameter_px, sigma_colour, sigma_space)


def erode(levels: np.ndarray, *, times: int) -> np.ndarray:
    """Grey erosion with a 3×3 square, ``times`` times (0 copies)."""
    return cv2.erode(levels, np.ones((3, 3), np.uint8), iterations=times) if times else levels.copy()


def close(levels: np.ndarray, *, times: int) -> np.ndarray:
    """Grey closing with a 3×3 square, ``times`` times (0 copies)."""
    square = np.ones((3, 3), np.uint8)
    return cv2.morphologyEx(levels, cv2.MORPH_CLOSE, square, iterations=times) if times else levels.copy()


def dilate_disk(levels: np.ndarray, *, radius_px: int) -> np.ndarray:
    """Grey dilation with a disk of ``radius_px`` (every pixel at distance ≤ radius): a running maximum."""
    row, col = np.mgrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    return cv2.dilate(levels, (row**2 + col**2 <= radius_px**2).astype(np.uint8))


def distance_inside(mask: Mask) -> Float32[np.ndarray, "h w"]:
    """Distance of each True pixel to the nearest False one, pixels (3×3 chamfer); 0 on False."""
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)


def exact_distance_inside(mask: Mask) -> Float32[np.ndarray, "h w"]:
    """Distance of each True pixel to the nearest False one, pixels (Felzenszwalb and Huttenlocher); 0 on False.

    In float32, and 65 536 at most; a mask without any False pixel has no distances, but large numbers.
    """
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def largest_of_cells(levels: Shaped[np.ndarray, "h w"], *, side_px: int) -> Shaped[np.ndarray, "r c"]:
    """The largest level of each square of ``side_px`` pixels (at least 1); beyond the last row and column lies 0.

    Args:
        levels: at least 0, or booleans.
        side_px: of a square.
    """
    height, width = levels.shape
    padded = np.pad(levels, ((0, -height % side_px), (0, -width % side_px)))
    rows = np.maximum.reduce([padded[first::side_px] for first in range(side_px)])
    return np.asarray(np.maximum.reduce([rows[:, first::side_px] for first in range(side_px)]))


def pad_reflect(pixels: np.ndarray, *, bottom: int, right: int) -> np.ndarray:
    """Mirror the image beyond its lower and right border (without repeating the border pixel, where it can)."""
    height, width = pixels.shape[:2]
    room = ((0, bottom), (0, right)) + ((0, 0),) * (pixels.ndim - 2)
    if height > bottom and width > right:
        return np.pad(pixels, room, mode="reflect")
    return np.pad(pixels, room, mode="symmetric")


def gaussian_blur(pixels: np.ndarray, *, sigma_px: float) -> np.ndarray:
    """Gaussian blur of uint8 or float32."""
    return cv2.GaussianBlur(pixels, (0, 0), sigma_px)


def to_unit(levels: Grey) -> Float32[np.ndarray, "h w"]:
    """8-bit confidence to [0, 1]."""
    return levels.astype(np.float32) / np.float32(255)


def at_least(levels: Grey, share: float) -> Mask:
    """Find the pixels whose 8-bit confidence (level / 255) is at least ``share`` (0–1), as the metrics count them."""
    return levels >= math.ceil(round(share * 255, 9))


def to_levels(confidence: Float32[np.ndarray, "h w"]) -> Grey:
    """Confidence in [0, 1] to 8 bits, rounded to nearest."""
    return np.rint(np.clip(confidence, 0, 1) * 255).astype(np.uint8)
