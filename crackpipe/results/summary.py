"""The six rows of the README: figures of our runs, beside those that the papers print."""

from collections.abc import Callable, Sequence
from pathlib import Path

from crackpipe.results import published_tables
from crackpipe.results.cells import Row, TableCell
from crackpipe.results.published_tables import Table

SETS = ("Crack500 test", "CFD", "DeepCrack")
ODS, AP = 0, 2  # places in a cell of scores against masks
UNTRAINED, WITHOUT, TRUTH = "no training", "without a segmenter", "ground truth"
BACKBONE = "tf_efficientnet_lite0"  # of the comparison of losses at the scale of a processor
NONE = "–"


def table(runs: Sequence[Path]) -> str:
    """A Markdown table ``figures | published | crackpipe``; a dash where there is no figure.

    The better of two figures is bold, or both where they are equal.

    Args:
        runs: their folders.

    Raises:
        CrackpipeError: a folder holds no run, or its metrics are not those of this version.
    """
    tables = published_tables.tables(runs)
    by_paper = {
        name: next(table for table in tables if table.source == paper and table.title.startswith(beginning))
        for name, (paper, beginning) in _TABLES.items()
    }
    rows = [line for row in _ROWS for line in row(by_paper)]
    heading = ["figures in %", "published", "crackpipe"]
    return "\n".join("| " + " | ".join(line) + " |" for line in [heading, ["---"] * len(heading), *rows])


_TABLES = {
    "masks": ("Liang et al. 2025", "Crack segmentation from patch labels"),
    "adapters": ("Liang et al. 2025", "Text-guided adapters on ground truth"),
    "few labels": ("Zhang and Liu 2025", "Crack or none"),
    "losses": ("Chen et al. 2025", "AICL with calibration"),
    "captions": ("BridgeCLIP model card", "Retrieval of captions"),
}

Line = list[str]
Tables = dict[str, Table]


def _masks(tables: Tables) -> list[Line]:
    """Masks from patch labels: the best figure that Liang et al. print for each set, and our best segmenter's."""
    table = tables["masks"]
    columns = [_column(table, name) for name in SETS]
    published = [row for row in table.rows if not row.run]
    ours = [row for row in table.rows if row.run and not row.name.endswith((UNTRAINED, WITHOUT, TRUTH))]
    best = _best(ours, columns)
    lines = []
    for name, at in (("ODS", ODS), ("AP", AP)):
        limits = [_highest(published, column, at) for column in columns]
        figures = [None if best is None else _value(best.cells[column], at) for column in columns]
        trained = "" if best is None else f" ({best.name})"
        lines.append(_line(f"masks from patch labels, {name} on Crack500 · CFD · DeepCrack{trained}", limits, figures))
    return lines


def _truth(tables: Tables) -> list[Line]:
    """The same from ground truth, which is what patch labels are held against."""
    published = [row for row in tables["adapters"].rows if not row.run and TRUTH in row.name]
    ours = [row for row in tables["masks"].rows if row.run and row.name.endswith(TRUTH)]
    limits = [_highest(published, _column(tables["adapters"], name), ODS) for name in SETS]
    columns = [_column(tables["masks"], name) for name in SETS]
    best = _best(ours, columns)
    figures = [None if best is None else _value(best.cells[column], ODS) for column in columns]
    return [_line("the same trained on ground truth, ODS", limits, figures)]


def _few_labels(tables: Tables) -> list[Line]:
    """Crack-CLIP's head with ordinary weights on the smallest and on the largest subset."""
    table = tables["few labels"]
    published = _figures(table, "F1", "T1 ", "T5 ", ours=False)
    ours = _figures(table, "F1", "linear, T1 ", "linear, T5 ", ours=True)
    return [_line("crack or none from 100 · 10 000 labelled patches, F1", published, ours)]


def _calibration(tables: Tables) -> list[Line]:
    """The paper's loss on its own photographs, and plain cross-entropy on Crack500."""
    table = tables["losses"]
    published = _figures(table, "BRIDGE2024", "AICL", "AICL + temperature scaling", ours=False)
    plain = f"{BACKBONE}, cross_entropy, trained on crack500"
    ours = _figures(table, "Crack500", plain, f"{plain}, temperature", ours=True)
    which = "AICL on BRIDGE2024; ours: cross-entropy on Crack500"
    what = f"error of the confidence (ECE), as trained · with a temperature ({which})"
    return [_line(what, published, ours, lower_is_better=True)]


def _captions(tables: Tables) -> list[Line]:
    """Search by words before and after tuning on captions."""
    table = tables["captions"]
    published = _figures(table, "T→I R@10", "base CLIP", "CLIP-FT", ours=False)
    ours = _figures(table, "T→I R@10", "base", "tuned", ours=True)
    by_chance = _figures(table, "T→I R@10", "chance", ours=True)
    chance = "" if by_chance == [None] else f" (chance {_join(by_chance)})"
    return [_line(f"photographs found by their caption, R@10 before · after tuning{chance}", published, ours)]


_ROWS: tuple[Callable[[Tables], list[Line]], ...] = (_masks, _truth, _few_labels, _calibration, _captions)


def _column(table: Table, name: str) -> int:
    return [column for column, _ in table.columns].index(name)


def _value(cell: TableCell | None, at: int) -> float | None:
    return None if cell is None else cell.values[at]


def _highest(rows: Sequence[Row], column: int, at: int) -> float | None:
    return max((value for row in rows if (value := _value(row.cells[column], at)) is not None), default=None)


def _best(rows: Sequence[Row], columns: Sequence[int]) -> Row | None:
    """The row of the highest mean ODS among those that have a figure in each of the columns."""
    whole = [row for row in rows if all(row.cells[column] is not None for column in columns)]
    return max(whole, key=lambda row: sum(_value(row.cells[column], ODS) or 0.0 for column in columns), default=None)


def _figures(table: Table, column: str, *names: str, ours: bool) -> list[float | None]:
    """The first figure, in a column, of the first row whose name begins with each of ``names``."""
    at = _column(table, column)
    rows = [row for row in table.rows if bool(row.run) == ours]
    return [next((_value(row.cells[at], 0) for row in rows if row.name.startswith(name)), None) for name in names]


def _line(
    what: str, published: Sequence[float | None], ours: Sequence[float | None], *, lower_is_better: bool = False
) -> Line:
    """A line of the table, with the better figure of each pair in bold."""
    sign = -1 if lower_is_better else 1
    pairs = list(zip(published, ours, strict=True))
    ahead = [None if a is None or b is None else sign * (round(b, 2) - round(a, 2)) for a, b in pairs]
    return [
        what,
        _join(published, bold=[gap is not None and gap <= 0 for gap in ahead]),
        _join(ours, bold=[gap is not None and gap >= 0 for gap in ahead]),
    ]


def _join(values: Sequence[float | None], *, bold: Sequence[bool] | None = None) -> str:
    texts = [NONE if value is None else f"{value:.2f}" for value in values]
    return " · ".join(
        f"**{text}**" if strong else text for text, strong in zip(texts, bold or [False] * len(texts), strict=True)
    )
