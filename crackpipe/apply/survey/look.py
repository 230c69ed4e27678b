"""One photograph: its mask, its cracks with their measures, its picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe.apply.survey import doubts, drawing, measured
from crackpipe.imaging import images, scale
from crackpipe.imaging.picture_files import Picture
from crackpipe.imaging.scale import Scale, ScaleSources
from crackpipe.measures import geometry
from crackpipe.measures.geometry import Crack, GeometrySettings, in_line


@dataclass(frozen=True, slots=True)
class Look:
    """What was found on a photograph.

    Attributes:
        levels: confidence, 0–255; below the level of a crack on all that is none.
        row: of the table of photographs, without its names.
        cracks: rows of the table of cracks, each with its centre-lines.
        picture: the photograph with its cracks, RGB; ``None`` where none was asked for.
    """

    levels: UInt8[np.ndarray, "h w"]
    row: dict[str, Any]
    cracks: list[dict[str, Any]]
    picture: UInt8[np.ndarray, "r c 3"] | None


def measure(
    photo: str,
    data: bytes,
    picture: Picture,
    levels: UInt8[np.ndarray, "h w"],
    *,
    settings: GeometrySettings,
    sources: ScaleSources,
    drawn: bool,
) -> Look:
    """Find and measure the cracks of a photograph.

    Args:
        photo: its path, by which a table of scales names it.
        data: bytes of its file, which may tell its scale and where it was taken.
        picture: its pixels.
        levels: confidence, 0–255, as a segmenter gave it.
        settings: what counts as a crack.
        sources: of the scale.
        drawn: whether a picture is asked for.
    """
    doubtful = doubts.of(picture.rgb, picture.inside)
    if picture.inside is not None:
        levels = np.where(picture.inside, levels, np.uint8(0))
    found = geometry.find(levels, settings, grey=images.to_grey(picture.rgb))
    cracks = sorted(found, key=lambda crack: (-crack.length_px, crack.box))
    known = scale.scale_of(photo, data, picture.rgb, sources)
    rows = measured.rows(cracks, levels, scale=known)
    levels, crack = _counted(levels, cracks, level=settings.level)
    shot = scale.exif.read(data)
    inside = picture.rgb[..., 0].size if picture.inside is None else int(picture.inside.sum())
    row = {
        "height_px": len(levels),
        "width_px": levels.shape[1],
        "inside_px": inside,
        **sums(rows, crack_px=int(crack.sum()), scale=known, inside_px=inside, settings=settings),
        "mm_per_px": known.mm_per_px,
        "scale_from": known.source,
        "latitude": None if shot.position is None else shot.position[0],
        "longitude": None if shot.position is None else shot.position[1],
        "taken": shot.taken,
        "notes": "; ".join([*picture.notes, *known.notes, *_unmeasured(rows, scale=known), *doubtful]),
        "reason": "",
    }
    return Look(levels, row, rows, drawing.draw(picture.rgb, crack, cracks) if drawn else None)


def _counted(
    levels: UInt8[np.ndarray, "h w"], cracks: list[Crack], *, level: float
) -> tuple[UInt8[np.ndarray, "h w"], np.ndarray]:
    """Levels in which pieces that are no crack stay below the level of one, and the pixels of cracks."""
    crack = np.zeros(levels.shape, bool)
    whole = images.at_least(levels, level)
    for one in cracks:
        crack[tuple(one.pixels.T)] = True
    return np.where(whole & ~crack, below(level), levels), crack


def below(level: float) -> np.uint8:
    """The largest level 0–255 that is no crack, where one is from ``level`` (0–1) on."""
    return np.uint8(max(0, int(np.ceil(round(level * 255, 9))) - 1))


def sums(
    rows: list[dict[str, Any]], *, crack_px: int, scale: Scale, inside_px: int, settings: GeometrySettings
) -> Mapping[str, Any]:
    """What all cracks of a photograph come to.

    Args:
        rows: of the table of cracks, with their lines.
        crack_px, inside_px: pixels that are crack, and that were looked at.
        scale: of the photograph.
        settings: what counts as one crack.
    """
    total: dict[str, Any] = {
        "cracks": len(rows),
        "in_line": in_line.surplus([row["lines"] for row in rows], reach_px=in_line.WIDER * settings.gap_px),
        "crack_px": crack_px,
        "length_px": round(sum(row["length_px"] for row in rows), measured.DIGITS),
        "widest_px": max((row["width_max_px"] for row in rows if row["width_max_px"] is not None), default=None),
    }
    if scale.mm_per_px is None:
        return total
    metres = sum(row["length_mm"] for row in rows if row["length_mm"] is not None) / 1000
    square = inside_px * scale.mm_per_px**2 / 1e6
    return total | {
        "length_m": round(metres, 6),
        "density_m_per_m2": round(metres / square, 6) if square else None,
        "widest_mm": max((row["width_max_mm"] for row in rows if row["width_max_mm"] is not None), default=None),
    }


def _unmeasured(rows: list[dict[str, Any]], *, scale: Scale) -> list[str]:
    """A note on cracks that reach beyond the horizon of the surface, if there are some."""
    if scale.mm_per_px is None:
        return []
    without = sum(row["length_mm"] is None for row in rows)
    return [f"{without} of {len(rows)} cracks have no length in millimetres, and are none of length_m"] * bool(without)
