"""The scale of one photograph: what a pixel is on the surface, and what lengths and widths in pixels come to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from crackpipe.imaging.scale import plane


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Scale of a photograph, where it is known.

    Attributes:
        mm_per_px: side of a pixel on the surface, at the picture's centre where it changes over the picture (or at the
            marker, where the centre shows no surface); ``None`` where nothing tells it.
        source: what tells it, in words; ``none`` where nothing does.
        perspective: (3, 3), takes (row, column, 1) to (down, across, 1) in mm on the surface, up to a positive factor;
            ``None`` where pixels are squares of one size all over the picture.
        notes: what a reader of the figures should know, a sentence each.
    """

    mm_per_px: float | None
    source: str
    perspective: Float64[np.ndarray, "3 3"] | None = None
    notes: tuple[str, ...] = ()

    def mm(self, points: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Places on the surface, mm down and across, whose distances are true; where its zero lies is of no meaning.

        NaN where the scale is not known, and beyond the horizon of a surface that is seen at an angle.

        Args:
            points: rows and columns, pixel centres at whole numbers.
        """
        if self.perspective is not None:
            return plane.mapped(self.perspective, points)
        return points * np.float64(np.nan if self.mm_per_px is None else self.mm_per_px)

    def width_mm(
        self, points: Float[np.ndarray, "n 2"], normals: Float[np.ndarray, "n 2"], widths_px: Float[np.ndarray, "n"]
    ) -> Float64[np.ndarray, "n"]:
        """Widths on the surface, mm; NaN as in :meth:`mm`, and where a width is NaN.

        Args:
            points: rows and columns in the middle of what is measured.
            normals: of length 1, along which the widths lie.
            widths_px: from edge to edge.
        """
        half = widths_px[:, None] / 2 * normals
        return np.asarray(np.linalg.norm(self.mm(points + half) - self.mm(points - half), axis=1))
