"""Width of thin cracks by how much light they swallow: a hairline half a pixel wide is not called one pixel.

A crack narrower than the blur of a photograph is a dark line of the blur's width, however narrow it is. What the blur
keeps is the sum of darkness across it: contrast × width. The contrast is that of the crack's inside to the surface
beside it. Where the crack is wide enough for the profile to show it, it is read off the profile; where it is not, the
inside is taken to reflect a given share of what the surface does. Both ends meet in one fit, in which the given share
is a prior (maximum a posteriori).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy import optimize
from scipy.special import erf

from crackpipe.measures.geometry import centreline
from crackpipe.measures.geometry.centreline import Branch
from crackpipe.measures.geometry.widths import smoothed

STEP_PX = 0.25  # between the points of a profile
INSIDE_PX, OUTSIDE_PX = 6.0, 9.0  # a crack's darkness lies within the first; the surface beside it up to the second
MEAN_PX = 15  # points along the line that a width is the mean of
REFLECTANCE_SPREAD = 0.15  # of the logarithm of the contrast around what the given reflectance makes of it
BLUR_PX, BLUR_SPREAD = 0.8, 0.5  # of a photograph in focus, sampled linearly; spread of its logarithm
MODEL_ERROR = 3.0  # grey levels by which a mean profile differs from a blurred box
FEW = 5  # profiles that are too few for a fit


def widths(
    lines: Sequence[Branch],
    counted: Sequence[Bool[np.ndarray, "_n"]],
    grey: Float32[np.ndarray, "h w"],
    *,
    reflectance: float,
) -> list[Float64[np.ndarray, "_n"]]:
    """Measure the width of one crack at each point of its lines by the darkness across it, pixels.

    Where the photograph ends, and where no width counts, there is NaN.

    Args:
        lines: its centre-lines.
        counted: False at points that have no width, as at junctions and on bridges.
        grey: levels of the photograph, 0–255.
        reflectance: share of the surface's light that the inside of a crack reflects, in [0, 1).
    """
    offsets = np.arange(-OUTSIDE_PX, OUTSIDE_PX + STEP_PX / 2, STEP_PX)
    profiles, surfaces, owners = [], [], []
    for number, (branch, own) in enumerate(zip(lines, counted, strict=True)):
        dark, surface, whole = _darkness(branch, grey, offsets)
        dark[~(own & whole)] = np.nan
        profiles.append(dark)
        surfaces.append(surface)
        owners.append(np.full(len(dark), number))
    dark, surface, owner = np.concatenate(profiles), np.concatenate(surfaces), np.concatenate(owners)
    known = np.isfinite(dark).all(axis=1)
    if known.sum() < FEW:
        return [np.full(len(part), np.nan) for part in profiles]
    expected = max(float(surface[known].mean()) * (1 - reflectance), 1.0)  # a level: there is black, too
    contrast = _contrast(offsets, dark[known], expected)
    inside = np.abs(offsets) <= INSIDE_PX
    swallowed = dark[:, inside].sum(axis=1) * STEP_PX
    return [smoothed(swallowed[owner == number], over_px=MEAN_PX).clip(0) / contrast for number in range(len(lines))]


def _darkness(
    branch: Branch, grey: Float32[np.ndarray, "h w"], offsets: Float64[np.ndarray, "m"]
) -> tuple[Float64[np.ndarray, "n m"], Float64[np.ndarray, "n"], Bool[np.ndarray, "n"]]:
    """How much darker than the surface each point across a line is, the surface's level, and whether all was seen."""
    points = branch.points[:, None] + offsets[:, None] * branch.normals()[:, None]
    height, width = grey.shape
    whole = ((points >= 0) & (points <= [height - 1, width - 1])).all(axis=(1, 2))
    levels = centreline.at_points(grey, points).astype(np.float64)
    left, right = offsets < -INSIDE_PX, offsets > INSIDE_PX
    sides = np.stack([levels[:, left].mean(axis=1), levels[:, right].mean(axis=1)])
    share = (offsets / (INSIDE_PX + OUTSIDE_PX) + 0.5)[None]
    surface = sides[0][:, None] * (1 - share) + sides[1][:, None] * share
    return surface - levels, sides.mean(axis=0), whole


@dataclass(frozen=True, slots=True)
class _Profile:
    """The mean profile of a crack, and what is expected of it.

    Values of a fit are the logarithms of contrast, width and blur, and a shift in pixels.
    """

    offsets: Float64[np.ndarray, "m"]
    mean: Float64[np.ndarray, "m"]
    expected: float  # contrast, levels
    weight: float  # of a point's difference

    def start(self) -> Float64[np.ndarray, "4"]:
        swallowed = max(float(self.mean[np.abs(self.offsets) <= INSIDE_PX].sum() * STEP_PX), 1e-3)
        return np.array([np.log(self.expected), np.log(swallowed / self.expected), np.log(BLUR_PX), 0.0])

    def residuals(self, values: Float64[np.ndarray, "4"]) -> Float64[np.ndarray, "k"]:
        """Weighted differences of a blurred box from the profile, then of contrast and blur from what is expected."""
        left, right, _ = self._edges(values)
        box = np.exp(values[0]) / 2 * (erf(left) - erf(right))
        priors = [
            (values[0] - np.log(self.expected)) / REFLECTANCE_SPREAD,
            (values[2] - np.log(BLUR_PX)) / BLUR_SPREAD,
        ]
        return np.append((box - self.mean) * self.weight, priors)

    def slopes(self, values: Float64[np.ndarray, "4"]) -> Float64[np.ndarray, "k 4"]:
        """Derivatives of the residuals by each value."""
        left, right, unit = self._edges(values)
        height = np.exp(values[0])
        at_left, at_right = (height / np.sqrt(np.pi) * np.exp(-(edge**2)) for edge in (left, right))
        of_box = [
            height / 2 * (erf(left) - erf(right)),
            (at_left + at_right) * (left - right) / 2,
            at_right * right - at_left * left,
            (at_right - at_left) / unit,
        ]
        of_priors = np.array([[1 / REFLECTANCE_SPREAD, 0, 0, 0], [0, 0, 1 / BLUR_SPREAD, 0]])
        return np.concatenate([self.weight * np.stack(of_box, axis=1), of_priors])

    def _edges(
        self, values: Float64[np.ndarray, "4"]
    ) -> tuple[Float64[np.ndarray, "m"], Float64[np.ndarray, "m"], float]:
        """Distance of both edges in units of the blur, and that unit in pixels."""
        unit = float(np.exp(values[2])) * np.sqrt(2)
        across, half = (self.offsets - values[3]) / unit, float(np.exp(values[1])) / 2 / unit
        return across + half, across - half, unit


def _contrast(offsets: Float64[np.ndarray, "m"], dark: Float64[np.ndarray, "n m"], expected: float) -> float:
    """Contrast of the blurred box that fits the mean profile and what was expected."""
    error = np.hypot(MODEL_ERROR, dark.std(axis=0).mean() / np.sqrt(len(dark)))
    profile = _Profile(offsets, dark.mean(axis=0), expected, float(np.sqrt(STEP_PX) / error))
    fitted = optimize.least_squares(profile.residuals, profile.start(), jac=profile.slopes)
    return float(np.exp(fitted.x[0]))
