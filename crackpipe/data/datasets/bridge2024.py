"""BRIDGE2024 (Chen et al.): pieces of photographs of bridges taken from drones, with patch labels only."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout
from crackpipe.data.photo import RawPhoto

LAYOUT = """
crack/PHOTO_ROW_COL.jpg        400×400, crack        (or crack/PHOTO/….jpg)
non-crack/PHOTO_ROW_COL.jpg    400×400, no crack
"""


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the pieces; the subfolder, or else the name before ``_ROW_COL``, is the photograph that one was cut from.

    The release's own names were not at hand when this was written: bring them into this form, so that pieces of one
    photograph stay in one split.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    for name in ("crack/", "non-crack/"):
        layout.expect(folder, any_of=[name], layout=LAYOUT)
    for name in ("crack/", "non-crack/"):
        for piece in layout.files(folder / name):
            inside = piece.relative_to(folder / name)
            photo = inside.parts[0] if len(inside.parts) > 1 else _photograph(folder, inside, name=name)
            yield RawPhoto(
                name=f"{name}{inside.with_suffix('').as_posix()}",
                path=str(piece),
                group=photo,
                own_split=None,
                read_image=partial(layout.read_bytes, piece),
                label=int(name == "crack/"),
            )


def _photograph(folder: Path, piece: Path, *, name: str) -> str:
    """Name of a piece before its row and column, which may hold ``_`` itself, as in DJI_0001_2_3."""
    found = re.fullmatch(r"(.+)_\d+_\d+", piece.stem)
    if found is None:
        layout.refuse(folder, fault=f"{name}{piece} does not end in _ROW_COL", layout=LAYOUT)
    return found[1]


DATASET = layout.Dataset(
    name="bridge2024",
    description="13 372 pieces (400×400) of 1 000 photographs of bridges, 2 407 cracked; labels only",
    layout=LAYOUT,
    availability="linked from the authors' page https://github.com/cheny124800/AICL",
    licence="none stated",
    citation=(
        "Z. Chen, Q. Chen, J. Zhang, Z. Lin, X. Feng, J. Chen, J. Li: Attack-inspired Calibration Loss for Calibrating "
        "Crack Recognition. AAAI 2025"
    ),
    has_masks=False,
    read=read,
)
