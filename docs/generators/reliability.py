"""Reliability diagrams of all losses in one picture, from a committed run, as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from crackpipe.results import record, table_rows

SIDE_PX, GAP_PX, LEFT_PX, TOP_PX, LEGEND_PX = 250, 70, 60, 60, 190
FROM = 0.5  # a decision between two classes has at least this confidence
FEW = 5  # decisions of a bin that are too few to draw
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
STYLE = """
  text { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; font-size: 11.5px; fill: #444; }
  .title { font-size: 13px; font-weight: bold; fill: #14325c; }
  .frame { fill: none; stroke: #b8c2d0; }
  .exact { stroke: #888; stroke-dasharray: 5 4; }
  .loss { fill: none; stroke-width: 1.6; }
"""

Rows = Sequence[Mapping[str, Any]]


def picture(folder: Path, *, losses: Sequence[str]) -> str:
    """Draw accuracy by confidence, a panel for each training and test source and a line for each loss.

    Bins of fewer than :data:`FEW` decisions are left out. Calibrated is the dashed line; below it one is too sure.

    Args:
        folder: of the run, with ``metrics/reliability.json``.
        losses: names of those to draw, in the order of their colours.
    """
    run = record.read(folder)
    rows = [{**row, "loss": table_rows.loss_name(run, row["loss"])} for row in run.metrics["reliability"]]
    colours = {loss: COLOURS[number % len(COLOURS)] for number, loss in enumerate(losses)}
    panels = sorted({(row["backbone"], row["train_on"], row["tested_on"]) for row in rows})
    across = 2 if len(panels) > 1 else 1
    down = -(-len(panels) // across)
    width = LEFT_PX + across * (SIDE_PX + GAP_PX) + LEGEND_PX
    height = TOP_PX + down * (SIDE_PX + GAP_PX)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">']
    parts += [f"<title>Reliability of each loss, from {escape(folder.name)}</title>", f"<style>{STYLE}</style>"]
    several = len({backbone for backbone, _, _ in panels}) > 1
    for number, (backbone, train_on, tested_on) in enumerate(panels):
        x = LEFT_PX + (number % across) * (SIDE_PX + GAP_PX)
        y = TOP_PX + (number // across) * (SIDE_PX + GAP_PX)
        inside = [row for row in rows if (row["backbone"], row["train_on"], row["tested_on"]) == panels[number]]
        title = f"{train_on} → {tested_on}" + (f", {backbone}" if several else "")
        parts += _panel(x, y, title, inside, colours)
    parts += _legend(width - LEGEND_PX, TOP_PX, colours)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(x: int, y: int, title: str, rows: Rows, colours: Mapping[str, str]) -> Iterator[str]:
    yield f'<text class="title" x="{x}" y="{y - 12}">{escape(title)}</text>'
    yield f'<rect class="frame" x="{x}" y="{y}" width="{SIDE_PX}" height="{SIDE_PX}"/>'
    (x0, y0), (x1, y1) = _at(x, y, FROM, FROM), _at(x, y, 1, 1)
    yield f'<line class="exact" x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}"/>'
    for level in (0.5, 0.75, 1.0):
        yield f'<text x="{_at(x, y, level, 0)[0]}" y="{y + SIDE_PX + 16}" text-anchor="middle">{level:g}</text>'
    for level in (0.0, 0.5, 1.0):
        yield f'<text x="{x - 8}" y="{_at(x, y, FROM, level)[1] + 4}" text-anchor="end">{level:g}</text>'
    yield f'<text x="{x + SIDE_PX // 2}" y="{y + SIDE_PX + 34}" text-anchor="middle">confidence</text>'
    for loss, colour in colours.items():
        known = [row for row in rows if row["loss"] == loss and row["count"] >= FEW]
        points = sorted((row["confidence"], row["accuracy"]) for row in known)
        drawn = " ".join(f"{px},{py}" for px, py in (_at(x, y, *point) for point in points))
        if drawn:
            yield f'<polyline class="loss" stroke="{colour}" points="{drawn}"><title>{escape(loss)}</title></polyline>'


def _legend(x: int, y: int, colours: Mapping[str, str]) -> Iterator[str]:
    yield f'<text class="title" x="{x}" y="{y - 12}">loss</text>'
    for number, (loss, colour) in enumerate(colours.items()):
        line = y + 10 + 20 * number
        yield f'<line class="loss" stroke="{colour}" x1="{x}" y1="{line}" x2="{x + 26}" y2="{line}"/>'
        yield f'<text x="{x + 34}" y="{line + 4}">{escape(loss)}</text>'
    yield f'<text x="{x}" y="{y + 30 + 20 * len(colours)}">up: accuracy; dashed: calibrated</text>'


def _at(x: int, y: int, confidence: float, accuracy: float) -> tuple[float, float]:
    """Place of a point in a panel whose corner is at x, y: confidence from ½ to 1, accuracy from 0 to 1."""
    across = (confidence - FROM) / (1 - FROM)
    return round(x + SIDE_PX * across, 1), round(y + SIDE_PX * (1 - accuracy), 1)
