"""Picture files of every kind, from the field: read, or refused with the reason."""

import hashlib

import numpy as np

from crackpipe.errors import PhotoError
from crackpipe.imaging import images
from crackpipe.imaging.picture_files import camera_raw, depth, exif, jpeg, jpeg_damage, other, png, tiff
from crackpipe.imaging.picture_files.picture import Picture, Samples, check_size, upright

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW = (b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FOVb", b"\0MRM")
_FOREIGN = {b"8BPS": "a Photoshop file", b"%PDF": "a PDF", b"\x76\x2f\x31\x01": "an OpenEXR file", b"<svg": "an SVG"}
_JPEG_2000 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
_AVIF, _HEIF = frozenset({b"avif", b"avis"}), frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})


def read(data: bytes, *, max_megapixels: float) -> Picture:
    """Read a picture file: JPEG (MPO too), PNG, BMP, WebP, TIFF, HEIC, AVIF, GIF, JPEG 2000, camera RAW.

    8 bits come as they are in the file. Deeper samples are brought to 8 bits after the rule of :mod:`.depth`. Of
    several frames or pages the first is taken, of many bands the first three. A JPEG's data are walked, 2 ms a
    megapixel, for decoders paint what is missing grey.

    Args:
        data: the file's bytes.
        max_megapixels: largest size that is decoded, 10⁶ pixels; looked at in the header.

    Raises:
        PhotoError: it is no picture, of a kind that cannot be read, damaged, too large or wholly transparent.
    """
    samples = _samples(data, max_megapixels)
    if samples.inside is not None and not samples.inside.any():
        raise PhotoError("all of it is transparent or without data; there is nothing to look at")
    shown = depth.to_eight_bits(samples.levels, samples.inside)
    levels, inside = shown.levels, samples.inside
    if not samples.upright:
        levels = upright(levels, samples.orientation)
        inside = None if inside is None else upright(inside, samples.orientation)
    rgb = np.repeat(levels[..., None], 3, axis=2) if levels.ndim == 2 else levels
    notes = samples.notes + ((shown.note,) if shown.note else ())
    if inside is not None and not inside.all():
        notes += (f"{1 - inside.mean():.0%} of it is transparent or without data, and left out",)
    return Picture(
        np.ascontiguousarray(rgb),
        None if inside is None or inside.all() else np.ascontiguousarray(inside),
        notes,
        samples.orientation,
        samples.plain,
        b"" if shown.whole else _digest(samples.levels),
    )


def _samples(data: bytes, max_megapixels: float) -> Samples:
    if data[:2] == b"\xff\xd8":
        return _jpeg(data, max_megapixels)
    if data[:8] == png.SIGNATURE:
        check_size(*images.size_px(data), max_megapixels=max_megapixels)
        return png.samples(data)
    if data[:4] in _TIFF:
        return tiff.samples(data, max_megapixels=max_megapixels)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return other.webp(data, max_megapixels=max_megapixels)
    if data[:4] == b"GIF8":
        return other.pillow(data, kind="GIF", max_megapixels=max_megapixels)
    if data.startswith(_JPEG_2000):
        return other.pillow(data, kind="JPEG 2000", max_megapixels=max_megapixels)
    if data[4:8] == b"ftyp":
        return _boxed(data, max_megapixels)
    if data.startswith(_RAW):
        return camera_raw.samples(data, max_megapixels=max_megapixels)
    for start, kind in _FOREIGN.items():
        if data.startswith(start):
            raise PhotoError(f"{kind}, which cannot be read; export the picture as JPEG, PNG or TIFF")
    check_size(*images.size_px(data), max_megapixels=max_megapixels)
    return Samples(images.decode_rgb(data), upright=True, plain=True)  # BMP


def _jpeg(data: bytes, max_megapixels: float) -> Samples:
    head = jpeg.frame(data)
    check_size(*images.size_px(data), max_megapixels=max_megapixels)
    if head is not None and head.bits != 8:
        raise PhotoError(f"a JPEG of {head.bits} bits, expected 8; save it as 16-bit TIFF or PNG")
    rgb = images.decode_rgb(data)
    jpeg_damage.check(data)
    block, pictures = jpeg.extras(data)
    notes = [f"first of {pictures} pictures in the file"] if pictures > 1 else []
    if head is not None and len(head.components) == 4:
        notes.append("CMYK converted to RGB")
    return Samples(rgb, None, tuple(notes), exif.orientation(block), upright=True, plain=True)


def _boxed(data: bytes, max_megapixels: float) -> Samples:
    """Read a file of ISO boxes, by the brands that it names."""
    size = int.from_bytes(data[:4], "big")
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(size, 256), 4))}
    if brands & _AVIF:
        return other.pillow(data, kind="AVIF", max_megapixels=max_megapixels)
    if brands & _HEIF:
        return other.heif(data, max_megapixels=max_megapixels)
    if b"crx " in brands:
        return camera_raw.samples(data, max_megapixels=max_megapixels)
    raise PhotoError("a film or an unknown kind of picture; save pictures of it as JPEG, PNG or TIFF")


def _digest(levels: np.ndarray) -> bytes:
    digest = hashlib.blake2b(f"{levels.dtype} {levels.shape}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(levels).data)
    return digest.digest()
