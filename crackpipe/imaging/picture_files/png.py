"""PNG files: their chunks, checked, and their samples."""

import struct
import zlib
from dataclasses import dataclass

from crackpipe.errors import PhotoError
from crackpipe.imaging import images
from crackpipe.imaging.picture_files import exif
from crackpipe.imaging.picture_files.picture import Samples, upright

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS"})  # damage in other chunks leaves the pixels as they are
_ALPHA_COLOURS = frozenset({4, 6})


@dataclass(frozen=True, slots=True)
class Head:
    """What a PNG's chunks say of it.

    Attributes:
        bits: of a sample.
        has_alpha: whether pixels may be transparent.
        frames: of an animation, 1 of a picture.
        orientation: EXIF's, 1–8.
    """

    bits: int
    has_alpha: bool
    frames: int
    orientation: int


def head(data: bytes) -> Head:
    """Walk the chunks of a PNG.

    Raises:
        PhotoError: it ends too early, or a chunk that pixels need does not match its checksum.
    """
    bits, colour, found, frames, turn, position = 8, 2, set[bytes](), 1, 1, len(SIGNATURE)
    while b"IEND" not in found:
        if position + 12 > len(data):
            raise PhotoError("truncated or damaged: the PNG ends before its last chunk; copy the photograph again")
        (length,), kind = struct.unpack_from(">I", data, position), data[position + 4 : position + 8]
        content = data[position + 8 : position + 8 + length]
        checksum = data[position + 8 + length : position + 12 + length]
        if kind in _NEEDED and zlib.crc32(kind + content).to_bytes(4, "big") != checksum:
            raise PhotoError(
                f"truncated or damaged: chunk {kind.decode()} of the PNG does not match its checksum; copy the "
                "photograph again"
            )
        found.add(kind)
        if kind == b"IHDR" and length >= 13:
            bits, colour = content[8], content[9]
        elif kind == b"acTL" and length >= 4:
            frames = int.from_bytes(content[:4], "big")
        elif kind == b"eXIf":
            turn = exif.orientation(content)
        position += 12 + length
    return Head(bits, colour in _ALPHA_COLOURS or b"tRNS" in found, frames, turn)


def samples(data: bytes) -> Samples:
    """Decode a PNG.

    Raises:
        PhotoError: see :func:`head`; or its pixels cannot be decoded.
    """
    said = head(data)
    notes = (f"first of {said.frames} frames",) if said.frames > 1 else ()
    levels = images.decode_samples(data) if said.has_alpha or said.bits == 16 else None
    inside = levels[..., 3] > 0 if levels is not None and levels.ndim == 3 and levels.shape[2] == 4 else None
    if levels is not None and said.bits == 16:
        return Samples(levels[..., :3] if levels.ndim == 3 else levels, inside, notes, said.orientation)
    if inside is not None:
        inside = upright(inside, said.orientation)
    return Samples(images.decode_rgb(data), inside, notes, said.orientation, upright=True, plain=True)
