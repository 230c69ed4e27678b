"""A histogram of cracks by their greatest width; bars are lengths: many short pieces do not outweigh a long crack."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from crackpipe.apply.report_page.charts import axis, svg
from crackpipe.apply.report_page.figures import fixed, rounded

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 52, 408, 26, 206  # of the plot
BINS = 20
USUAL = 0.98  # share of the length whose widths have bars of their own
LETTER_PX = 8  # of the name of a limit, about
FAR = 2.0  # a greatest width of so many times theirs is no usual one


@dataclass(frozen=True, slots=True)
class Bars:
    """Lengths by width.

    Attributes:
        edges: of the bars, ascending from 0.
        lengths: of each bar; a crack belongs to the bar whose lower edge it reaches.
        is_open: the last bar holds all wider cracks, too.
    """

    edges: Float[np.ndarray, "m"]
    lengths: Float[np.ndarray, "n"]
    is_open: bool


def count(widths: Float[np.ndarray, "c"], lengths: Float[np.ndarray, "c"]) -> Bars:
    """Add up lengths by width, in bars of a round width.

    Args:
        widths: of one crack or more, above 0, in any unit.
        lengths: of the same cracks, in any unit.
    """
    order = np.argsort(widths, kind="stable")
    summed = np.cumsum(lengths[order])
    usual = float(widths[order][np.searchsorted(summed, USUAL * summed[-1])])
    widest = float(widths.max())
    is_open = widest > FAR * usual
    top = usual if is_open else widest
    apart = axis.step(top, most=BINS - 1)
    bars = math.floor(top / apart + 1e-9) + 1
    numbers = np.minimum(np.floor(widths / apart + 1e-9).astype(int), bars - 1 + is_open)
    return Bars(apart * np.arange(bars + is_open + 1), np.bincount(numbers, lengths, bars + is_open), is_open)


def draw(bars: Bars, *, unit: str, length_unit: str, limits: Sequence[float] = ()) -> str:
    """Draw bars as SVG.

    Args:
        bars: from :func:`count`.
        unit, length_unit: of widths and of lengths, for the axes.
        limits: widths where a class ends; those inside the plot are drawn as lines.
    """
    right = float(bars.edges[-1])
    levels = axis.ticks(max(float(bars.lengths.max()), 1e-12), most=4)
    columns = [
        svg.element(
            "rect",
            svg.element("title", svg.escaped(_told(bars, number, unit=unit, length_unit=length_unit))),
            class_="bar",
            x=_x(low, right) + 0.5,
            y=_y(float(length), levels[-1]),
            width=_x(high, right) - _x(low, right) - 1,
            height=BOTTOM - _y(float(length), levels[-1]),
        )
        for number, (low, high, length) in enumerate(
            zip(bars.edges.tolist(), bars.edges.tolist()[1:], bars.lengths, strict=False)
        )
        if length > 0
    ]
    return svg.drawing(
        *_grid(levels),
        *columns,
        *_marks(bars, right),
        *_limits([limit for limit in limits if limit < right], right, unit),
        svg.text(f"Greatest width of a crack, {unit}", x=(LEFT + RIGHT) / 2, y=HEIGHT - 6, class_="label middle"),
        svg.text(f"Length, {length_unit}", x=4, y=12, class_="label"),
        title=f"Length of cracks in {length_unit} by their greatest width in {unit}",
        width=WIDTH,
        height=HEIGHT,
    )


def _x(width: float, right: float) -> float:
    return LEFT + (RIGHT - LEFT) * width / right


def _y(length: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * length / top


def _told(bars: Bars, number: int, *, unit: str, length_unit: str) -> str:
    low, high = bars.edges[number], bars.edges[number + 1]
    last = bars.is_open and number == len(bars.lengths) - 1
    widths = f"{low:g} {unit} and more" if last else f"{low:g} to {high:g} {unit}"
    return f"{widths}: {rounded(float(bars.lengths[number]))} {length_unit}"


def _grid(levels: Sequence[float]) -> list[str]:
    drawn = []
    for level in levels:
        y = _y(level, levels[-1])
        drawn.append(svg.element("line", class_="grid", x1=LEFT, x2=RIGHT, y1=y, y2=y))
        drawn.append(svg.text(_tick(level), class_="tick end", x=LEFT - 6, y=y + 4))
    return drawn


def _tick(value: float) -> str:
    return fixed(value, digits=0) if value >= 1000 else f"{value:g}"


def _marks(bars: Bars, right: float) -> list[str]:
    last = float(bars.edges[-2]) if bars.is_open else right
    marks = [
        svg.text(f"{tick:g}", class_="tick middle", x=_x(tick, right), y=BOTTOM + 17)
        for tick in axis.ticks(last, most=6)
        if tick <= last and not (bars.is_open and last - tick < 0.1 * right and tick < last)
    ]
    if bars.is_open:
        marks.append(svg.text("more", class_="tick end", x=RIGHT, y=BOTTOM + 17))
    return [*marks, svg.element("line", class_="axis", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM)]


def _limits(limits: Sequence[float], right: float, unit: str) -> list[str]:
    """Lines at limits; one that is too near to the last that was named has no name."""
    drawn, free = [], -math.inf
    for limit in limits:
        x = _x(limit, right)
        drawn.append(svg.element("line", class_="limit", x1=x, x2=x, y1=TOP - 8, y2=BOTTOM))
        if x >= free:
            name = f"{limit:g} {unit}"
            drawn.append(svg.text(name, class_="tick", x=x + 4, y=TOP - 1))
            free = x + 4 + LETTER_PX * len(name)
    return drawn
