"""A rose of directions: an axis has two ends, so each petal is drawn twice; the area of a petal is a length."""

import math

import numpy as np
from jaxtyping import Float

from crackpipe.apply.report_page.charts import svg

WIDTH, HEIGHT = 420, 250
MIDDLE = (210.0, 122.0)  # x and y
RADIUS = 100.0
PETAL_DEG = 15
PETALS = 180 // PETAL_DEG
RINGS = (0.05, 0.1, 0.2, 0.3, 0.5)  # shares of the length that may have a ring, inside that of the greatest


def count(orientation_deg: Float[np.ndarray, "c"], lengths: Float[np.ndarray, "c"]) -> Float[np.ndarray, "p"]:
    """Shares of the length by direction, in petals around 0°, 15°, … 165°.

    Args:
        orientation_deg: of one crack or more, in [0, 180); 0 along a row, 90 along a column, 45 rises to the right.
        lengths: of the same cracks, in any unit.
    """
    numbers = np.floor(orientation_deg / PETAL_DEG + 0.5).astype(int) % PETALS
    summed = np.bincount(numbers, lengths, PETALS)
    return summed / summed.sum()


def draw(shares: Float[np.ndarray, "p"]) -> str:
    """Draw the shares of :func:`count` as SVG."""
    top = float(shares.max())
    petals = [
        svg.element(
            "path",
            svg.element("title", svg.escaped(f"around {number * PETAL_DEG}°: {100 * part:.0f} % of the length")),
            class_="bar petal",
            d=" ".join(_petal(number * PETAL_DEG + turn, _radius(part, top)) for turn in (0, 180)),
        )
        for number, part in enumerate(shares.tolist())
        if part > 0
    ]
    rings = [
        svg.element("circle", class_="grid", cx=MIDDLE[0], cy=MIDDLE[1], r=_radius(ring, top)) for ring in _rings(top)
    ]
    return svg.drawing(
        *rings,
        *petals,
        *_labels(shares),
        *_directions(),
        title="Share of the length of cracks by their direction in the photograph",
        width=WIDTH,
        height=HEIGHT,
    )


def _at(degrees: float, radius: float) -> tuple[float, float]:
    """A point around the middle; y runs down the page, angles up it."""
    angle = math.radians(degrees)
    return MIDDLE[0] + radius * math.cos(angle), MIDDLE[1] - radius * math.sin(angle)


def _radius(part: float, top: float) -> float:
    """Radius of a petal, so that its area is to the greatest one's as their shares."""
    return RADIUS * math.sqrt(part / top)


def _petal(degrees: float, radius: float) -> str:
    start, end = (_at(degrees + turn, radius) for turn in (-PETAL_DEG / 2, PETAL_DEG / 2))
    arc = f"A{radius:.2f} {radius:.2f} 0 0 0 {end[0]:.2f} {end[1]:.2f}"
    return f"M{MIDDLE[0]:.2f} {MIDDLE[1]:.2f}L{start[0]:.2f} {start[1]:.2f}{arc}Z"


def _rings(top: float) -> list[float]:
    """Shares that have a ring: a round one, and the greatest."""
    return [*[ring for ring in RINGS if ring < 0.6 * top][-1:], top]


def _labels(shares: Float[np.ndarray, "p"]) -> list[str]:
    """Shares of the rings, below the middle where petals are shortest."""
    top = float(shares.max())
    around = np.roll(shares, 1) + 2 * shares + np.roll(shares, -1)
    free = 180 + PETAL_DEG * (1 + int(np.argmin(around[1:])))  # 0° has its label at the right
    drawn = []
    for ring in _rings(top):
        x, y = _at(free, _radius(ring, top))
        drawn.append(svg.text(f"{100 * ring:.0f} %", class_="tick middle ring", x=x, y=y + 4))
    return drawn


def _directions() -> list[str]:
    drawn = []
    for degrees, words, css in ((0, "0° level", "tick"), (45, "45°", "tick"), (90, "90° upright", "tick middle")):
        x, y = _at(degrees, RADIUS + 8)
        drawn.append(svg.text(words, class_=css, x=x, y=y + (4 if degrees == 0 else 0)))
    x, y = _at(135, RADIUS + 8)
    return [*drawn, svg.text("135°", class_="tick end", x=x, y=y)]
