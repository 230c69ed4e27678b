"""JPEG files: their segments, the head of their frame, their EXIF block."""

import math
import struct
from dataclasses import dataclass

END = 0xD9
FRAMES = frozenset({*range(0xC0, 0xD0)}) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC0: False, 0xC1: False, 0xC2: True}  # Huffman-coded frames: baseline, extended, progressive
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_PICTURES = 0xB001  # tag of an MPO's index


@dataclass(frozen=True, slots=True)
class Frame:
    """Head of a frame.

    Attributes:
        bits: of a sample.
        height_px, width_px: before any EXIF rotation.
        components: (identifier, horizontal factor, vertical factor) of each.
        progressive: whether it is sent in scans of growing detail; ``None`` where its coding is not Huffman's.
    """

    bits: int
    height_px: int
    width_px: int
    components: tuple[tuple[int, int, int], ...]
    progressive: bool | None

    def mcus(self) -> tuple[int, int]:
        """Rows and columns of MCUs."""
        wide, high = (max(part[axis] for part in self.components) for axis in (1, 2))
        return math.ceil(self.height_px / (8 * high)), math.ceil(self.width_px / (8 * wide))

    def blocks(self, component: tuple[int, int, int]) -> int:
        """Blocks of a component that is sent alone."""
        wide, high = (max(part[axis] for part in self.components) for axis in (1, 2))
        _, across, down = component
        return math.ceil(self.height_px * down / high / 8) * math.ceil(self.width_px * across / wide / 8)


def frame(data: bytes) -> Frame | None:
    """Read the head of a JPEG's frame; ``None`` where there is none, or a damaged one."""
    position = 2
    while (found := segment(data, position)) is not None:
        marker, start, position = found
        if marker in FRAMES:
            try:
                return parse_frame(marker, data[start:position])
            except struct.error:
                return None
    return None


def extras(data: bytes) -> tuple[bytes, int]:
    """Read a JPEG's EXIF block, empty where there is none, and the number of pictures that its MPO index names."""
    exif, pictures, position = b"", 1, 2
    while (found := segment(data, position)) is not None and found[0] != 0xDA:
        marker, start, position = found
        content = data[start:position]
        if marker == 0xE1 and content.startswith(b"Exif\0\0") and not exif:
            exif = content
        elif marker == 0xE2 and content.startswith(b"MPF\0"):
            pictures = _pictures(content[4:])
    return exif, pictures


def _pictures(index: bytes) -> int:
    order = "<" if index[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", index, 4)
        (entries,) = struct.unpack_from(f"{order}H", index, at)
        tags = (struct.unpack_from(f"{order}HHII", index, at + 2 + 12 * number) for number in range(entries))
        return next((value for tag, _, _, value in tags if tag == _PICTURES), 1)
    except struct.error:
        return 1


def segment(data: bytes, position: int) -> tuple[int, int, int] | None:
    """Find the next marker with a content: (marker, start, stop); ``None`` at the picture's end."""
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 4 > len(data) or data[position + 1] == END:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker == 0 or marker in _BARE:
            position += 2
        else:
            return marker, position + 4, position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")


def parse_frame(marker: int, content: bytes) -> Frame:
    """Read the head of a frame from its segment's content.

    Raises:
        struct.error: it ends too early.
    """
    bits, height, width, count = struct.unpack_from(">BHHB", content)
    parts = [struct.unpack_from("BBB", content, 6 + 3 * number) for number in range(count)]
    components = tuple((name, factors >> 4, factors & 15) for name, factors, _ in parts)
    return Frame(bits, height, width, components, _PROGRESSIVE.get(marker))
