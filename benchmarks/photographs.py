"""The photographs that every comparison runs on: crops of Crack500 where they are at hand, else drawn ones."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.data import demo
from crackpipe.data.datasets import catalogue
from crackpipe.data.photo import RawPhoto
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

HEIGHT_PX, WIDTH_PX = 360, 640
DISTINCT = 16  # so many are read or drawn; more photographs repeat them
JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Photograph:
    """RGB pixels, 0–255, and the mask, True = crack."""

    image: UInt8[np.ndarray, "h w 3"]
    mask: Bool[np.ndarray, "h w"]


def load(count: int, *, data: Path | None, height_px: int = HEIGHT_PX, width_px: int = WIDTH_PX) -> list[Photograph]:
    """``count`` photographs of that size; they repeat after ``DISTINCT``.

    Args:
        data: holds ``crack500/``, whose test crops of 360×640 are taken and resized; ``None`` draws the demo's.
    """
    distinct = min(count, DISTINCT)
    found = itertools.islice(_drawn(distinct, width_px=width_px) if data is None else _crack500(data), distinct)
    sized = [_resized(one, height_px=height_px, width_px=width_px) for one in found]
    return [sized[i % len(sized)] for i in range(count)]


def described(data: Path | None) -> str:
    """Words for the photographs that :func:`load` gives, for the report."""
    return "drawn photographs of the demo" if data is None else "Crack500 test crops"


def counted(count: int) -> str:
    """Such as "3 photographs"."""
    return f"{count} photograph{'' if count == 1 else 's'}"


def write_table(folder: Path, photographs: Sequence[Photograph], *, count: int) -> None:
    """Write a ``photos`` table of ``count`` training photographs, which repeat the given ones under other ids."""
    encoded = [
        (one.image.shape, images.encode_jpeg(one.image, quality=JPEG_QUALITY), images.encode_mask(one.mask))
        for one in photographs
    ]
    parquet.write_shards(folder, schemas.PHOTOS, (_row(i, *encoded[i % len(encoded)]) for i in range(count)))


def _row(number: int, shape: tuple[int, ...], image: bytes, mask: bytes) -> parquet.Row:
    name = f"bench/{number:05d}"
    return {
        "photo_id": name,
        "source": "bench",
        "split": "train",
        "group_id": name,
        "height_px": shape[0],
        "width_px": shape[1],
        "image": image,
        "mask": mask,
        "label": None,
        "caption": None,
        "attributes": None,
        "mm_per_px": None,
    }


def _drawn(count: int, *, width_px: int) -> Iterator[Photograph]:
    """Cracked photographs of the demo, squares of ``width_px``."""
    cracked = (one for one in demo.photographs(photos=3 * count + 9, side_px=width_px, seed=7) if one.label)
    return _decoded(cracked)


def _crack500(data: Path) -> Iterator[Photograph]:
    """Test crops of 360×640, evenly spaced over the sorted list: neighbours show the same place."""
    crops = [one for one in catalogue.read("crack500", raw=data) if one.own_split == "test"]
    upright = [one for one in crops if images.size_px(one.read_image()) == (HEIGHT_PX, WIDTH_PX)]
    return _decoded(upright[:: max(1, len(upright) // DISTINCT)])


def _decoded(found: Iterable[RawPhoto]) -> Iterator[Photograph]:
    for one in found:
        assert one.read_mask is not None, "both datasets have masks"
        yield Photograph(images.decode_rgb(one.read_image()), one.read_mask())


def _resized(one: Photograph, *, height_px: int, width_px: int) -> Photograph:
    """Cut to the wanted proportions, then resize."""
    height, width = one.mask.shape
    image, mask = (layer[: max(1, min(height, round(width * height_px / width_px)))] for layer in (one.image, one.mask))
    levels = images.resize(mask.astype(np.uint8), height=height_px, width=width_px, method="area")
    return Photograph(images.resize(image, height=height_px, width=width_px, method="area"), levels > 0)
