"""Damage of JPEG files: the data of every scan walked, for blocks that are missing or left over."""

import math
import struct
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8, UInt16, UInt64

from crackpipe.errors import PhotoError
from crackpipe.imaging.picture_files import jpeg, jpeg_entropy
from crackpipe.imaging.picture_files.jpeg import Frame

_MOST_SCANS = 200  # writers use a dozen
_SPARE_BITS = 8 * 16  # behind the last block of an interval or a segment, where some cameras write a few bytes more

Data = UInt8[np.ndarray, "n"]
Table = UInt16[np.ndarray, "65536"]
Known = UInt64[np.ndarray, "_u"]
Sent = tuple[tuple[int, int, int], int]
"""A component of a scan, as in :class:`Frame`, and the numbers of its tables: 16 × that of its means + the other."""


def check(data: bytes) -> None:
    """Walk the entropy-coded data of a JPEG, without decoding its pixels. Arithmetic and lossless coding are let pass.

    Raises:
        PhotoError: blocks are missing, data are left over, or there is a code that its tables do not hold.
    """
    try:
        _Walk(data).run()
    except (struct.error, IndexError, ValueError) as error:
        raise _damaged("one of its segments ends too early") from error


def _damaged(fault: str) -> PhotoError:
    return PhotoError(f"damaged: the JPEG is not whole, {fault}; copy the photograph again from where it was taken")


def _compare(walked: int, end: int) -> None:
    """Compare where the blocks of an interval end with where its data do, both in bits."""
    if walked == jpeg_entropy.BAD:
        raise _damaged("its data hold a code that is none")
    if walked > end:
        raise _damaged("a part of its data is missing")
    if end - walked > _SPARE_BITS:
        raise _damaged(f"{(end - walked) // 8} bytes of its data are left over behind the last block")


class _Walk:
    """The state that segments leave to those that follow."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.bytes = np.frombuffer(data, np.uint8)
        self.tables: dict[int, Table] = {}  # by 16 × class + number
        self.restart = 0
        self.known: dict[int, Known] = {}  # by component, see jpeg_entropy.ac_first
        self.frame: Frame | None = None

    def run(self) -> None:
        position, scans = 2, 0
        while (segment := jpeg.segment(self.data, position)) is not None:
            marker, start, stop = segment
            self._count_strays(position, start - 4)
            content, position = self.data[start:stop], stop
            if marker in jpeg.FRAMES:
                self.frame = jpeg.parse_frame(marker, content)
                if self.frame.progressive is None or not self.frame.height_px * self.frame.width_px:
                    return  # for the decoder to judge
                if not self.frame.components or any(not 0 < f < 5 for part in self.frame.components for f in part[1:]):
                    raise _damaged("its head is none")
            elif marker == 0xC4:
                self._read_tables(content)
            elif marker == 0xDD:
                (self.restart,) = struct.unpack_from(">H", content)
            elif marker == 0xDA and self.frame is not None:
                if not self.tables:
                    return  # a film's frame: decoders know the usual tables
                position = self._scan(self.frame, content, position)
                scans += 1
                if scans > _MOST_SCANS:
                    raise _damaged(f"it has more than {_MOST_SCANS} scans")
        if not scans:
            raise _damaged("it holds no picture data")
        end = self.data.find(bytes([0xFF, jpeg.END]), position)
        self._count_strays(position, len(self.data) if end < 0 else end)

    def _count_strays(self, start: int, stop: int) -> None:
        strays = self.data[start:stop].strip(b"\xff")  # any number of these may stand before a marker
        if 8 * len(strays) > _SPARE_BITS:
            raise _damaged(f"{len(strays)} bytes between its segments belong to none")

    def _read_tables(self, content: bytes) -> None:
        while content:
            counts = np.frombuffer(content[1:17], np.uint8).astype(np.int64)
            used = 17 + int(counts.sum())
            symbols = np.frombuffer(content[17:used], np.uint8).astype(np.uint16)
            lengths = np.repeat(np.arange(1, 17, dtype=np.uint16), counts)
            filled = np.repeat(lengths << 8 | symbols, 1 << (16 - lengths.astype(np.int64)))
            table = np.zeros(1 << 16, np.uint16)
            table[: len(filled)] = filled  # too many: ValueError
            self.tables[content[0]] = table
            content = content[used:]

    def _scan(self, frame: Frame, content: bytes, start: int) -> int:
        """Walk a scan; return where it ends in the file."""
        count = content[0]
        named = {part[0]: part for part in frame.components}
        parts = [(named.get(content[1 + 2 * index]), content[2 + 2 * index]) for index in range(count)]
        first, last, approximation = content[1 + 2 * count : 4 + 2 * count]
        components = [(part, tables) for part, tables in parts if part is not None]
        if not components or len(components) < count or not first <= last < 64 or (first and count > 1):
            raise _damaged("the head of a scan is none")
        walk = self._walker(frame, components, first=first, last=last, refines=approximation > 15)
        total = frame.blocks(components[0][0]) if count == 1 else math.prod(frame.mcus())
        each = self.restart or total
        data, ends, stop = jpeg_entropy.unstuffed(self.bytes, start)
        if len(ends) < math.ceil(total / each):
            raise _damaged(f"it ends after {len(ends)} of {math.ceil(total / each)} parts of its data")
        begin = 0
        for number, end in enumerate(ends[: math.ceil(total / each)].tolist()):
            units = slice(number * each, min(total, (number + 1) * each))
            _compare(walk(data, 8 * begin, 8 * end, units), 8 * end)
            begin = end
        return stop

    def _walker(
        self, frame: Frame, components: list[Sent], *, first: int, last: int, refines: bool
    ) -> Callable[[Data, int, int, slice], int]:
        """Choose what walks an interval, given the data, where it begins and ends, and which of the scan's units it is.

        Args:
            frame: the picture's.
            components: that the scan sends.
            first, last: coefficients that it sends of each block.
            refines: whether it adds a bit to what an earlier scan has sent.
        """
        (part, tables), alone = components[0], len(components) == 1
        if frame.progressive and first:
            known = self.known.setdefault(part[0], np.zeros(frame.blocks(part), np.uint64))
            walk, table = jpeg_entropy.ac_refined if refines else jpeg_entropy.ac_first, self._table(16 + tables % 16)
            return lambda data, bit, end, units: walk(data, bit, end, known[units], table, first, last)
        blocks = [tables for (_, wide, high), tables in components for _ in range(1 if alone else wide * high)]
        if frame.progressive and refines:
            return lambda _, bit, __, units: bit + (units.stop - units.start) * len(blocks)  # one bit each
        used = [[tables >> 4 for tables in blocks], [16 + tables % 16 for tables in blocks]][
            : 1 if frame.progressive else 2
        ]
        numbers = sorted({number for kind in used for number in kind})
        stack = np.stack([self._table(number) for number in numbers])
        places = [np.array([numbers.index(number) for number in kind]) for kind in used]
        walk = jpeg_entropy.dc_first if frame.progressive else jpeg_entropy.sequential
        return lambda data, bit, end, units: walk(data, bit, end, units.stop - units.start, stack, *places)

    def _table(self, number: int) -> Table:
        if number not in self.tables:
            raise _damaged("a table of codes is missing")
        return self.tables[number]
