"""Places of the boxes of a layered graph: rows by depth, few crossings, bends where an arrow passes a row."""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SWEEPS = 24  # up and down; more change nothing that one sees
BEND = 14.0  # width that is kept free for an arrow that passes a row
GAP = 18.0  # between neighbours of a row

Edge = tuple[str, str]
Node = str | tuple[str, str, int]  # a box, or the bend of an edge in a row


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows of boxes from the top, the centre of each, and the centres that each arrow passes, in the same units."""

    rows: tuple[tuple[str, ...], ...]
    centres: dict[str, float]
    bends: dict[Edge, tuple[float, ...]]
    width: float


def depths(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Length of the longest way from a box without incoming arrows to each box.

    Raises:
        ValueError: the arrows run in a circle.
    """
    sources = defaultdict(list)
    for source, target in edges:
        sources[target].append(source)
    depth_of: dict[str, int] = {}

    def depth(name: str, above: tuple[str, ...]) -> int:
        if name in above:
            raise ValueError(f"arrows run in a circle: {' → '.join([*above, name])}")
        if name not in depth_of:
            depth_of[name] = 1 + max((depth(source, (*above, name)) for source in sources[name]), default=-1)
        return depth_of[name]

    return {name: depth(name, ()) for name in names}


def reduced(edges: Sequence[Edge]) -> list[Edge]:
    """The arrows that do not follow from others: no longer way leads where they lead (transitive reduction)."""
    targets = defaultdict(set)
    for source, target in edges:
        targets[source].add(target)

    def reached(name: str, seen: set[str]) -> set[str]:
        for target in targets[name] - seen:
            seen.add(target)
            reached(target, seen)
        return seen

    below = {name: reached(name, set()) for name in list(targets)}
    return [(a, b) for a, b in edges if not any(b in below.get(other, ()) for other in targets[a] - {b})]


def arranged(widths: Mapping[str, float], edges: Sequence[Edge]) -> Layout:
    """Place boxes of these widths so that arrows lead down and cross little; the same input gives the same places."""
    level = depths(list(widths), edges)
    rows: list[list[Node]] = [[] for _ in range(max(level.values()) + 1)]
    for name in widths:
        rows[level[name]].append(name)
    ways: dict[Edge, list[Node]] = {}
    for edge in edges:
        bends: list[Node] = [(*edge, row) for row in range(level[edge[0]] + 1, level[edge[1]])]
        for row, bend in enumerate(bends, level[edge[0]] + 1):
            rows[row].append(bend)
        ways[edge] = [edge[0], *bends, edge[1]]
    near: dict[Node, list[Node]] = defaultdict(list)
    for way in ways.values():
        for a, b in itertools.pairwise(way):
            near[a].append(b)
            near[b].append(a)
    room = {node: widths[node] if isinstance(node, str) else BEND for row in rows for node in row}
    centres = _settled(rows, near, room)
    half = {node: room[node] / 2 for node in centres}
    left = min(centres[node] - half[node] for node in centres)
    right = max(centres[node] + half[node] for node in centres)
    return Layout(
        tuple(tuple(name for name in row if isinstance(name, str)) for row in rows),
        {name: centres[name] - left for name in widths},
        {edge: tuple(centres[node] - left for node in way) for edge, way in ways.items()},
        right - left,
    )


def _settled(
    rows: list[list[Node]], near: Mapping[Node, list[Node]], widths: Mapping[Node, float]
) -> dict[Node, float]:
    """Order each row by the places of its neighbours, again and again, and move it towards them."""
    centres: dict[Node, float] = {}
    for row in rows:
        centres.update(_packed(row, dict.fromkeys(row, 0.0), widths))
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wished = {
                n: _mean([centres[other] for other in near[n]], centres[n]) if n in near else centres[n] for n in row
            }
            row.sort(key=lambda node: wished[node])
            centres.update(_packed(row, wished, widths))
    return centres


def _packed(row: Sequence[Node], wished: Mapping[Node, float], widths: Mapping[Node, float]) -> dict[Node, float]:
    """Centres as near to the wished ones as the order and the gaps allow, moved as a whole to their mean."""
    placed: dict[Node, float] = {}
    right = float("-inf")
    for node in row:
        placed[node] = max(wished[node], right + widths[node] / 2)
        right = placed[node] + widths[node] / 2 + GAP
    shift = _mean([wished[node] - placed[node] for node in row], 0.0)
    return {node: centre + shift for node, centre in placed.items()}


def _mean(values: Sequence[float], other: float) -> float:
    return sum(values) / len(values) if values else other
