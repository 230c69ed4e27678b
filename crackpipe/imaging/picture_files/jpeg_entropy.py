"""Huffman-coded data of a JPEG, walked without computing a pixel: is every block of the picture there? Compiled.

A decoder that runs out of data paints the rest grey and only murmurs. Here the symbols of each restart interval are
counted out instead (ITU-T T.81, annexes F and G); values are skipped, but for which coefficients are other than zero,
which refinements of a progressive picture depend on.
"""

import numpy as np
from jaxtyping import Int64, UInt8, UInt16, UInt64

from crackpipe.compute import compiled

PADDING = 8  # bytes of zeros behind the data, so that a code may be looked up at its very end
BAD = -1  # instead of a position: no such code, or a block of more than 64 coefficients


@compiled.function
def unstuffed(
    data: UInt8[np.ndarray, "n"], start: int
) -> tuple[UInt8[np.ndarray, "_m"], Int64[np.ndarray, "_intervals"], int]:
    """Take the zero out that follows each 255, up to the first marker that is no restart.

    Args:
        data: the file.
        start: where the scan's entropy-coded data begin.

    Returns:
        The bytes, with zeros behind; where among them each restart interval ends; where the scan ends in the file, or
        the file's length where no marker does.
    """
    out = np.zeros(len(data) - start + PADDING, np.uint8)
    ends = np.empty((len(data) - start) // 2 + 1, np.int64)
    kept, intervals, position, size = 0, 0, start, len(data)
    while position < size:
        if data[position] != 255:
            out[kept] = data[position]
            kept += 1
            position += 1
        elif position + 1 >= size:
            position = size
        elif data[position + 1] == 0:
            out[kept] = 255
            kept += 1
            position += 2
        elif data[position + 1] == 255:  # a marker may be preceded by any number of these
            position += 1
        elif 0xD0 <= data[position + 1] <= 0xD7:
            ends[intervals] = kept
            intervals += 1
            position += 2
        else:
            break
    ends[intervals] = kept
    out[kept : kept + PADDING] = 0
    return out[: kept + PADDING], ends[: intervals + 1], position


@compiled.function
def _sixteen(data: UInt8[np.ndarray, "n"], bit: int) -> int:
    """Return the 16 bits from position ``bit``."""
    byte = bit >> 3
    word = (np.int64(data[byte]) << 16) | (np.int64(data[byte + 1]) << 8) | np.int64(data[byte + 2])
    return int((word >> (8 - (bit & 7))) & 0xFFFF)


@compiled.function
def sequential(
    data: UInt8[np.ndarray, "n"], bit: int, end: int, units: int, tables: UInt16[np.ndarray, "t 65536"],
    dc: Int64[np.ndarray, "b"], ac: Int64[np.ndarray, "b"],
) -> int:  # fmt: skip
    """Walk MCUs of a sequential scan.

    Args:
        data: of :func:`unstuffed`.
        bit, end: positions where the interval begins and ends.
        units: MCUs in the interval.
        tables: for each 16 bits the length of the code that they begin with × 256 + its symbol; 0 where there is none.
        dc, ac: the tables of each of an MCU's blocks.

    Returns:
        The position behind the last MCU, beyond ``end`` where data are missing, or ``BAD``.
    """
    for _ in range(units):
        for block in range(len(dc)):
            code = tables[dc[block], _sixteen(data, bit)]
            if code == 0:
                return BAD
            bit += (code >> 8) + (code & 15)
            filled = 1
            while filled < 64 and bit <= end:
                code = tables[ac[block], _sixteen(data, bit)]
                if code == 0:
                    return BAD
                bit += (code >> 8) + (code & 15)
                if code & 255 == 0:
                    break
                filled += ((code >> 4) & 15) + 1
            if filled > 64:
                return BAD
            if bit > end:
                return bit
    return bit


@compiled.function
def dc_first(
    data: UInt8[np.ndarray, "n"], bit: int, end: int, units: int, tables: UInt16[np.ndarray, "t 65536"],
    dc: Int64[np.ndarray, "b"],
) -> int:  # fmt: skip
    """Walk MCUs of a progressive picture's first scan of means; arguments as :func:`sequential`."""
    for _ in range(units):
        for block in range(len(dc)):
            code = tables[dc[block], _sixteen(data, bit)]
            if code == 0:
                return BAD
            bit += (code >> 8) + (code & 15)
            if bit > end:
                return bit
    return bit


@compiled.function
def ac_first(
    data: UInt8[np.ndarray, "n"], bit: int, end: int, known: UInt64[np.ndarray, "u"], ac: UInt16[np.ndarray, "65536"],
    first: int, last: int,
) -> int:  # fmt: skip
    """Walk a progressive picture's first scan of coefficients ``first`` to ``last``; marks those that are not zero.

    Args:
        data, bit, end: as :func:`sequential`.
        known: of each block of the interval, a bit for each coefficient that is not zero; changed.
        ac: the table.
        first, last: 1 to 63.
    """
    run = 0
    for block in range(len(known)):
        if run > 0:
            run -= 1
            continue
        k = first
        while k <= last:
            code = ac[_sixteen(data, bit)]
            if code == 0:
                return BAD
            bit += code >> 8
            zeros, size = (code >> 4) & 15, code & 15
            if size == 0 and zeros < 15:
                run = (1 << zeros) - 1
                if zeros > 0:
                    run += _sixteen(data, bit) >> (16 - zeros)
                bit += zeros
                break
            k += zeros
            if k > last:
                return BAD
            if size > 0:
                known[block] |= np.uint64(1) << np.uint64(k)
            bit += size
            k += 1
            if bit > end:
                return bit
        if bit > end:
            return bit
    return bit


@compiled.function
def ac_refined(
    data: UInt8[np.ndarray, "n"], bit: int, end: int, known: UInt64[np.ndarray, "u"], ac: UInt16[np.ndarray, "65536"],
    first: int, last: int,
) -> int:  # fmt: skip
    """Walk a scan that adds a bit to coefficients ``first`` to ``last``; arguments as :func:`ac_first`."""
    run = 0
    one = np.uint64(1)
    for block in range(len(known)):
        k = first
        while run == 0 and k <= last:
            code = ac[_sixteen(data, bit)]
            if code == 0 or code & 15 > 1:
                return BAD
            bit += code >> 8
            zeros, size = (code >> 4) & 15, code & 15
            if size == 0 and zeros < 15:
                run = 1 << zeros
                if zeros > 0:
                    run += _sixteen(data, bit) >> (16 - zeros)
                bit += zeros
                break
            bit += size  # the sign of the new one
            while k <= last:
                if known[block] >> np.uint64(k) & one:
                    bit += 1
                elif zeros == 0:
                    break
                else:
                    zeros -= 1
                k += 1
            if size > 0:
                if k > last:
                    return BAD
                known[block] |= one << np.uint64(k)
            k += 1
            if bit > end:
                return bit
        if run > 0:
            while k <= last:
                bit += known[block] >> np.uint64(k) & one
                k += 1
            run -= 1
        if bit > end:
            return bit
    return bit
