"""What a comparison reports: a table whose bars are passed or missed, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.timing import Times

COLUMNS = ("what", "peers' way, s", "ours, s", "factor", "bar", "passed")
NO_BAR = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """Texts of one line; ``passed`` is its last column, ``None`` where there is no bar."""

    cells: tuple[str, ...]
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Section:
    """One comparison.

    Attributes:
        about: what is compared, on what; a paragraph.
        columns: the heading, ``passed`` included.
        notes: what a reader of the figures must know.
    """

    title: str
    about: str
    rows: tuple[Row, ...]
    columns: tuple[str, ...] = COLUMNS
    notes: tuple[str, ...] = ()


def faster(what: str, *, peers: Times, ours: Times, bar: float | None) -> Row:
    """How many times as fast as the peers' way; ``bar`` is the least factor that passes."""
    factor = peers.median / ours.median
    cells = what, seconds(peers), seconds(ours), f"{factor:.3g}×", NO_BAR if bar is None else f"≥ {bar:g}×"
    return Row(cells, None if bar is None else factor >= bar)


def share(what: str, *, bare: Times, ours: Times, bar: float) -> Row:
    """Throughput as a share of that of the bare work; ``bar`` is the least share that passes, 0–1."""
    found = bare.median / ours.median
    return Row((what, seconds(bare), seconds(ours), f"{found:.0%}", f"≥ {bar:.0%}"), found >= bar)


def seconds(times: Times) -> str:
    """Median and, in brackets, the shortest and longest turn."""
    return f"{times.median:.3g} ({times.shortest:.3g}–{times.longest:.3g})"


def missed(sections: Sequence[Section]) -> list[str]:
    """Names of the rows that miss their bars."""
    return [f"{one.title}: {row.cells[0]}" for one in sections for row in one.rows if row.passed is False]


def markdown(section: Section) -> str:
    """Heading, paragraph, table and notes."""
    verdicts = {True: "yes", False: "**missed**", None: NO_BAR}
    lines = [section.columns, ("---",) * len(section.columns)]
    lines += [(*row.cells, verdicts[row.passed]) for row in section.rows]
    table = [f"| {' | '.join(line)} |" for line in lines] if section.rows else []
    notes = [f"- {note}" for note in section.notes]
    blocks = [[f"## {section.title}"], [section.about], table, notes]
    return "\n\n".join("\n".join(block) for block in blocks if block)
