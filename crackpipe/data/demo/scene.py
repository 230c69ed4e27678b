"""Content of one demo photograph, and the inspection report that follows from it."""

import zlib
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from crackpipe.compute.seeds import generator
from crackpipe.data.demo import crack
from crackpipe.data.demo.surface import brick_bond
from crackpipe.data.photo import Attributes
from crackpipe.imaging.strokes import Stroke

MM_PER_PX = 0.5
WIDE_MM = 2.5
NOTABLE_MM = 1.25
HAIRLINE_MM = 1.0
DENSE_SIDES = 3.0
"""Cracks longer together than three sides of the photograph are dense."""

LOCATIONS = MappingProxyType(
    {
        "asphalt": "road surface",
        "brick": "brick wall",
        "concrete": "concrete wall",
        "paving": "footway",
        "plaster": "plaster wall",
    }
)
"""The element that each surface belongs to."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A photograph's recipe: everything drawn of it follows from these values.

    Attributes:
        seed: the dataset's.
        group: number of the structure that it shares surface, lighting and camera with.
        index: its number within the group.
        side_px: height and width.
        surface: a key of :data:`LOCATIONS`.
        topology: single, branching, map, loop or stepped (brick only); ``None`` without a crack.
        width_px: mean width of its widest crack; it varies along the crack.
        hazards: things beside cracks: joint, stain, paint, edge, foliage, pole, wire, grass.
    """

    seed: int
    group: int
    index: int
    side_px: int
    surface: str
    topology: str | None
    width_px: float
    hazards: tuple[str, ...]

    def structure_rng(self, part: str) -> np.random.Generator:
        """Return a fresh generator for ``part``, the same for all photographs of the structure."""
        return generator(self.seed, self.group, 0, zlib.crc32(part.encode()))

    def photograph_rng(self, part: str) -> np.random.Generator:
        """Return a fresh generator for ``part`` of this photograph."""
        return generator(self.seed, self.group, self.index + 1, zlib.crc32(part.encode()))


def cracks(scene: Scene) -> list[Stroke]:
    """Return the scene's cracks; none for a scene without topology.

    Raises:
        ValueError: a topology that is not known.
    """
    rng = scene.photograph_rng("crack")
    if scene.topology is None:
        return []
    if scene.topology == "stepped":
        bond = brick_bond(scene.structure_rng("surface"), scene.photograph_rng("surface"))
        return crack.stepped(rng, side_px=scene.side_px, width_px=scene.width_px, bond=bond)
    if scene.topology not in crack.TOPOLOGIES:
        known = ", ".join([*crack.TOPOLOGIES, "stepped"])
        raise ValueError(f"topology: got {scene.topology!r}, expected one of {known}")
    return crack.TOPOLOGIES[scene.topology](rng, side_px=scene.side_px, width_px=scene.width_px)


def inspect(scene: Scene) -> Attributes:
    """Report on the scene: the greatest drawn crack width and the cracks' length inside the frame decide.

    ======== ================================= ==========================================
    rating   seen                              measure
    ======== ================================= ==========================================
    Ⅰ        no crack                          A, or M (upkeep) for a stain or vegetation
    Ⅱ        width < 1.25 mm, not dense        B
    Ⅲ        width < 2.5 mm                    C1, or S1 (investigation) where dense
    Ⅳ        width ≥ 2.5 mm                    C2, or S1 (investigation) where dense
    ======== ================================= ==========================================
    """
    strokes = cracks(scene)
    width_mm = crack.width_px(strokes, side_px=scene.side_px) * MM_PER_PX
    dense = crack.length_px(strokes, side_px=scene.side_px) >= DENSE_SIDES * scene.side_px
    damage = _crack_words(scene.topology, width_mm=width_mm)
    damage += ["stain"] * ("stain" in scene.hazards) + ["vegetation"] * ("grass" in scene.hazards)
    if not strokes:
        soundness, measure = "Ⅰ", "M" if damage else "A"
    elif width_mm >= WIDE_MM:
        soundness, measure = "Ⅳ", "S1" if dense else "C2"
    elif width_mm >= NOTABLE_MM or dense:
        soundness, measure = "Ⅲ", "S1" if dense else "C1"
    else:
        soundness, measure = "Ⅱ", "B"
    return Attributes(tuple(damage or ["no damage"]), (LOCATIONS[scene.surface],), soundness, measure)


def _crack_words(topology: str | None, *, width_mm: float) -> list[str]:
    if topology is None:
        return []
    if topology == "map":
        return ["map cracking"]
    if width_mm >= WIDE_MM:
        return ["wide crack"]
    return ["hairline crack" if width_mm < HAIRLINE_MM else "crack"]
