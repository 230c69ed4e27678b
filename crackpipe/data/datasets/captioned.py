"""Captioned photographs: a table ``captions.csv`` beside them, as inspection reports give them."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NoReturn

from crackpipe.data import captions
from crackpipe.data.datasets import layout
from crackpipe.data.photo import Attributes, RawPhoto, Split
from crackpipe.errors import PhotoError

LAYOUT = """
captions.csv    UTF-8, with the columns
    image                 path of the photograph, from this folder
    caption               a sentence, or empty: it is then composed from the attributes
    damage, location      several joined by |
    soundness             Ⅰ–Ⅳ or I–IV
    measure               A, B, C1, C2, E1, E2, M, S1 or S2
    split, label, group   optional: train, val or test; 1 or 0 (crack or none); the structure that it shows
(caption or one of damage, location, soundness, measure must be there; cells may be empty)
"""
_TABLE = "captions.csv"
_TEXTS = ("caption", "damage", "location", "soundness", "measure")
_SPLITS: dict[str, Split] = {"train": "train", "val": "val", "test": "test"}
_LABELS = {"": None, "1": 1, "0": 0}
_AUGMENTED = re.compile(r"_aug\d+$")


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the photographs of ``captions.csv``; a row that cannot be read is listed too, and rejected with its line.

    Without a column ``group``, the photograph's name is its group, less an ending ``_aug1``, ``_aug2`` …: such copies,
    varied from one photograph, would otherwise come into several splits.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    layout.expect(folder, any_of=[_TABLE], layout=LAYOUT)
    try:
        with (folder / _TABLE).open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            columns = table.fieldnames or []
            if "image" not in columns or not any(name in columns for name in _TEXTS):
                layout.refuse(folder, fault=f"{_TABLE} has the columns {', '.join(columns) or '(none)'}", layout=LAYOUT)
            for cells in table:
                yield _photo(folder, cells, line=table.line_num)
    except UnicodeDecodeError:
        layout.refuse(folder, fault=f"{_TABLE} is not UTF-8", layout=LAYOUT)
    except csv.Error as error:
        layout.refuse(folder, fault=f"{_TABLE} is no CSV: {error}", layout=LAYOUT)


def _photo(folder: Path, cells: dict[str, str], *, line: int) -> RawPhoto:
    """Read one row; a fault in it becomes a photograph whose picture cannot be read, so that it is counted."""
    inside = PurePosixPath((cells.get("image") or "").strip())
    try:
        return _read_row(folder, inside, cells)
    except ValueError as error:
        return RawPhoto(
            name=f"{_TABLE}:{line:07d}",
            path=str(folder / inside) if inside.parts else str(folder / _TABLE),
            group=f"{_TABLE}:{line}",
            own_split=_SPLITS.get((cells.get("split") or "").strip()),
            read_image=partial(_fail, f"{_TABLE} line {line}: {error}"),
        )


def _read_row(folder: Path, inside: PurePosixPath, cells: dict[str, str]) -> RawPhoto:
    if None in cells:  # where csv puts what the header has no name for
        raise ValueError("more cells than the header has columns; put a text that holds a comma in quotes")
    texts = {name: (cells.get(name) or "").strip() for name in (*_TEXTS, "split", "label", "group")}
    if not inside.parts or inside.is_absolute() or ".." in inside.parts:
        raise ValueError(f"image: got {str(inside)!r}, expected a path inside this folder")
    if texts["split"] and texts["split"] not in _SPLITS:
        raise ValueError(f"split: got {texts['split']!r}, expected train, val, test or nothing")
    if texts["label"] not in _LABELS:
        raise ValueError(f"label: got {texts['label']!r}, expected 1 (crack), 0 (none) or nothing")
    attributes = Attributes(
        damage=_several(texts["damage"]),
        location=_several(texts["location"]),
        soundness=captions.soundness(texts["soundness"]) if texts["soundness"] else None,
        measure=captions.measure(texts["measure"]) if texts["measure"] else None,
    )
    caption = texts["caption"] or captions.compose(attributes)
    if not caption:
        raise ValueError("no caption, and none can be composed: it needs damage and location, soundness or measure")
    name = inside.with_suffix("").as_posix()
    return RawPhoto(
        name=name,
        path=str(folder / inside),
        group=texts["group"] or _AUGMENTED.sub("", name),
        own_split=_SPLITS.get(texts["split"]),
        read_image=partial(layout.read_bytes, folder / inside),
        label=_LABELS[texts["label"]],
        caption=caption,
        attributes=attributes,
    )


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _fail(reason: str) -> NoReturn:
    raise PhotoError(reason)


DATASET = layout.Dataset(
    name="captioned",
    description="photographs with captions or the attributes of an inspection report, in a table captions.csv",
    layout=LAYOUT,
    availability="yours",
    licence="yours",
    citation="none",
    has_masks=False,
    read=read,
)
