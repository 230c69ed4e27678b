"""A map of the photographs' positions: no tiles, so it asks nothing of the network; a scale bar and the north."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from crackpipe.apply.report_page.charts import svg
from crackpipe.apply.report_page.figures import counted

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 20, 370, 18, 208  # of the area that holds the dots
METRES_A_DEGREE = 111_195.0  # of a great circle of the mean earth, 6 371 km
LEAST_M = 20.0  # sides of the shown land at least: positions by satellite are no better than some metres
DOT_PX, MOST_PX = 3.0, 10.0  # radius without cracks, and of the greatest length
NAME_PX = 20.0, 11.0  # room of a number
NAMED = 8  # dots with their photograph's number beside them, those of the greatest lengths


@dataclass(frozen=True, slots=True)
class Place:
    """A photograph on the map.

    Attributes:
        number: of the photograph on the page.
        title: told when the pointer rests on it.
        target: of the link, e.g. ``#photo-3``; ``""`` without one.
        length: of its cracks, in any unit, the same for all.
        css: class of its dot, which gives its colour.
    """

    number: int
    title: str
    target: str
    length: float
    css: str


def metres(
    latitude: Float[np.ndarray, "n"], longitude: Float[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Positions on a plane, metres east and north of their middle (equirectangular, true at the middle latitude).

    Args:
        latitude, longitude: degrees, one or more; sites across 180° stay whole.
    """
    if np.ptp(longitude) > 180:
        longitude = longitude % 360
    middle = (latitude.min() + latitude.max()) / 2, (longitude.min() + longitude.max()) / 2
    east = (longitude - middle[1]) * METRES_A_DEGREE * math.cos(math.radians(middle[0]))
    return east, (latitude - middle[0]) * METRES_A_DEGREE


def draw(latitude: Float[np.ndarray, "n"], longitude: Float[np.ndarray, "n"], places: Sequence[Place]) -> str:
    """Draw positions as SVG; the area of a dot grows with the length of the photograph's cracks.

    Args:
        latitude, longitude: degrees, one or more.
        places: of the same photographs.
    """
    east, north = metres(latitude, longitude)
    scale = min((RIGHT - LEFT) / max(float(np.ptp(east)), LEAST_M), (BOTTOM - TOP) / max(float(np.ptp(north)), LEAST_M))
    x, y = (LEFT + RIGHT) / 2 + scale * east, (TOP + BOTTOM) / 2 - scale * north
    order = sorted(range(len(places)), key=lambda index: (-places[index].length, places[index].number))
    longest = places[order[0]].length
    dots = [_dot(places[index], float(x[index]), float(y[index]), longest) for index in order]
    beside = [
        (str(places[index].number), float(x[index]) + _radius(places[index], longest) + 3, float(y[index]) + 4)
        for index in order[:NAMED]
    ]
    return svg.drawing(
        *dots,
        *_names(beside),
        *_scale_bar(scale),
        *_north(),
        title=f"Positions of {counted(len(places), 'photograph', 'photographs')}",
        width=WIDTH,
        height=HEIGHT,
    )


def _radius(place: Place, longest: float) -> float:
    part = place.length / longest if longest > 0 else 0.0
    return math.sqrt(DOT_PX**2 + (MOST_PX**2 - DOT_PX**2) * part)


def _dot(place: Place, x: float, y: float, longest: float) -> str:
    title = svg.element("title", svg.escaped(place.title))
    dot = svg.element("circle", title, class_=f"dot {place.css}", cx=x, cy=y, r=_radius(place, longest))
    return svg.element("a", dot, href=place.target) if place.target else dot


def _names(beside: Sequence[tuple[str, float, float]]) -> list[str]:
    """Numbers beside dots, but for those that would stand on one before them."""
    placed: list[tuple[float, float]] = []
    drawn = []
    for name, x, y in beside:
        if all(abs(x - other) > NAME_PX[0] or abs(y - above) > NAME_PX[1] for other, above in placed):
            placed.append((x, y))
            drawn.append(svg.text(name, class_="tick ring", x=x, y=y))
    return drawn


def _scale_bar(scale: float) -> list[str]:
    """A bar of a round number of metres or kilometres, about a quarter of the map."""
    quarter_m = (RIGHT - LEFT) / 4 / scale
    power = 10.0 ** math.floor(math.log10(quarter_m))
    metres_long = max(size * power for size in (1, 2, 5) if size * power <= quarter_m)
    unit = f"{metres_long / 1000:g} km" if metres_long >= 1000 else f"{metres_long:g} m"
    left, right, y = 8.0, 8 + scale * metres_long, HEIGHT - 10.0
    return [
        svg.element("path", class_="scale", d=f"M{left} {y - 5}V{y}H{right:.2f}V{y - 5}"),
        svg.text(unit, class_="tick", x=right + 8, y=y + 2),
    ]


def _north() -> list[str]:
    x = WIDTH - 18
    return [
        svg.element("path", class_="north", d=f"M{x} 52V22M{x - 5} 31L{x} 21L{x + 5} 31"),
        svg.text("N", class_="label middle", x=x, y=14),
    ]
