"""EXIF's orientation, read from its bytes: decoders differ on files whose other tags are damaged."""

import struct

_ORIENTATION = 0x0112


def orientation(exif: bytes) -> int:
    """Return the orientation, 1–8, of an EXIF block (with or without its six bytes of name); 1 where there is none."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (position,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, position)
        for number in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, position + 2 + 12 * number)
            if tag == _ORIENTATION and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
