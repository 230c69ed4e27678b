"""A layered graph as an SVG picture: boxes with a name and a few words, arrows down."""

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from html import escape

from generators import layered
from generators.layered import Edge, Layout

NAME_PX, TEXT_PX = 8.0, 6.3  # mean width of a letter
LINE_PX, PAD_PX, MARGIN_PX, BETWEEN_PX = 15, 9, 14, 46
WORDS = 30  # letters of a line below a name

STYLE = """
  text { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; font-size: 11.5px; fill: #444; }
  .name { font-size: 13.5px; font-weight: bold; fill: #14325c; }
  .box { fill: #f2f6fc; stroke: #7c99c4; stroke-width: 1; }
  .arrow { fill: none; stroke: #8a94a3; stroke-width: 1.1; }
  .back { stroke-dasharray: 5 4; stroke: #c0722a; }
"""


def svg(nodes: Mapping[str, str], edges: Sequence[Edge], *, title: str, back: Sequence[Edge] = ()) -> str:
    """Draw boxes and arrows.

    Args:
        nodes: name → what stands below it, a few words.
        edges: arrows, from the upper box to the lower.
        title: what the picture shows, for those who cannot see it.
        back: arrows that lead up again; dashed, at the side.
    """
    lines = {name: textwrap.wrap(text, WORDS) for name, text in nodes.items()}
    widths = {
        name: 2 * PAD_PX + max(NAME_PX * len(name), *(TEXT_PX * len(line) for line in text), 0.0)
        for name, text in lines.items()
    }
    layout = layered.arranged(widths, edges)
    tops, heights = _rows(layout, lines)
    width = layout.width + 2 * MARGIN_PX + (60 if back else 0)
    height = tops[-1] + heights[-1] + MARGIN_PX
    arrows = [_arrow(layout, edge, tops, heights, own_px=_height(lines[edge[0]])) for edge in edges]
    returns = [_return(layout, edge, tops, heights, widths) for edge in back]
    boxes = [
        _box(layout.centres[name] + MARGIN_PX, tops[row], widths[name], name, lines[name])
        for row, names in enumerate(layout.rows)
        for name in names
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img">'
    )
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0.8 L7.5 4 L0 7.2 z" fill="#8a94a3"/></marker></defs>'
    )
    ground = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    body = [f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", marker, ground, *arrows, *returns, *boxes]
    return "\n".join([head, *body, "</svg>"]) + "\n"


def _rows(layout: Layout, lines: Mapping[str, list[str]]) -> tuple[list[float], list[float]]:
    """Top and height of each row."""
    heights = [max((_height(lines[name]) for name in row), default=0) for row in layout.rows]
    tops = [MARGIN_PX + sum(heights[:row]) + BETWEEN_PX * row for row in range(len(heights))]
    return tops, heights


def _height(lines: Sequence[str]) -> float:
    """Height of a box with so many lines below its name."""
    return 2 * PAD_PX + LINE_PX * (1 + len(lines))


def _row_of(layout: Layout, name: str) -> int:
    return next(row for row, names in enumerate(layout.rows) if name in names)


def _arrow(layout: Layout, edge: Edge, tops: Sequence[float], heights: Sequence[float], *, own_px: float) -> str:
    """From the lower edge of a box, ``own_px`` high, to the upper edge of another, curved between rows."""
    first, xs = _row_of(layout, edge[0]), [x + MARGIN_PX for x in layout.bends[edge]]
    path = f"M{xs[0]:.1f} {tops[first] + own_px:.1f} L{xs[0]:.1f} {tops[first] + heights[first]:.1f}"
    for at, (x0, x1) in enumerate(itertools.pairwise(xs), first):
        y0, y1 = tops[at] + heights[at], tops[at + 1]
        middle = (y0 + y1) / 2
        path += f" C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
        if at + 2 < first + len(xs):
            path += f" L{x1:.1f} {tops[at + 1] + heights[at + 1]:.1f}"
    return f'<path class="arrow" marker-end="url(#tip)" d="{path}"/>'


def _return(
    layout: Layout, edge: Edge, tops: Sequence[float], heights: Sequence[float], widths: Mapping[str, float]
) -> str:
    """An arrow up again, round the right side of the picture."""
    (a, b), side = edge, layout.width + MARGIN_PX + 36
    x0, x1 = (layout.centres[name] + widths[name] / 2 + MARGIN_PX for name in (a, b))
    y0, y1 = (tops[_row_of(layout, name)] + heights[_row_of(layout, name)] / 2 for name in (a, b))
    path = f"M{x0:.1f} {y0:.1f} C{side:.1f} {y0:.1f} {side:.1f} {y0:.1f} {side:.1f} {y0 - 40:.1f}"
    path += f" L{side:.1f} {y1 + 40:.1f} C{side:.1f} {y1:.1f} {side:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return f'<path class="arrow back" marker-end="url(#tip)" d="{path}"/>'


def _box(centre: float, top: float, width: float, name: str, lines: Sequence[str]) -> str:
    height = _height(lines)
    left = centre - width / 2
    text = [
        f'<text class="name" x="{centre:.1f}" y="{top + PAD_PX + 11:.1f}" text-anchor="middle">{escape(name)}</text>'
    ]
    text += [
        f'<text x="{centre:.1f}" y="{top + PAD_PX + 11 + LINE_PX * at:.1f}" text-anchor="middle">{escape(line)}</text>'
        for at, line in enumerate(lines, 1)
    ]
    box = f'<rect class="box" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height}" rx="5"/>'
    return "\n".join([box, *text])
