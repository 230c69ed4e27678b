"""Which labels are the better ones for each segmenter: differences between their scores, with intervals."""

import math
from collections.abc import Sequence
from pathlib import Path

from crackpipe.measures import intervals
from crackpipe.results import record, trials
from crackpipe.results.record import Run

TITLE = "Which labels are the better ones to train on: differences on test photographs; points of ODS and of AP"
NOTE = (
    "Each row trains one segmenter on two kinds of labels, all else equal; a positive difference is in favour of the "
    "first. In brackets the 95 % interval, in bold where it leaves out 0: by resampling structures, and for several "
    "seeds of training by Student's t, the two halves squared, added and rooted. With one seed, what another would "
    "change is not in it."
)
FIGURES = ("ods", "ap")
Figures = dict[str, float]  # a difference of ODS, OIS and AP, and the ends of their intervals


def table(folders: Sequence[Path], *, markdown: bool) -> str:
    """Table of the differences in ``metrics/label_comparison.json`` of the runs that have some; empty without.

    Args:
        folders: of runs.
        markdown: whether it is written as Markdown, else as text.

    Raises:
        CrackpipeError: a folder holds no run.
    """
    runs = [run for run in map(record.read, folders) if run.metrics.get("label_comparison")]
    compared = {trials.name(trial[0]): _over_seeds(trial) for trial in trials.grouped(runs)}
    sources = sorted({source for found in compared.values() for _, _, tested in found for source in tested})
    if not sources:
        return ""
    lines = [["run", "segmenter", "labels", "seeds", *sources]]
    for name, found in compared.items():
        for segmenter, pair, tested in found:
            seeds = sorted({len(rows) for rows in tested.values()})
            cells = [_cell(tested.get(source), markdown=markdown) for source in sources]
            lines.append([name, segmenter, pair, " or ".join(map(str, seeds)), *cells])
    if not markdown:
        return "\n".join([TITLE, "", *("; ".join(line) for line in lines), "", NOTE.replace(", in bold where", "; *:")])
    rows = ["| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(lines[0]), *lines[1:]]]
    return "\n".join([f"{TITLE}:", "", *rows, "", NOTE])


def _over_seeds(trial: Sequence[Run]) -> list[tuple[str, str, dict[str, list[Figures]]]]:
    """(segmenter, ``first less second``, {source: test figures of each seed}) of runs that differ in their seed."""
    found: dict[tuple[str, str], dict[str, list[Figures]]] = {}
    for run in trial:
        for segmenter, pair, tested in _compared(run):
            rows = found.setdefault((segmenter, pair), {})
            for source, row in tested.items():
                rows.setdefault(source, []).append(row)
    return [(segmenter, pair, tested) for (segmenter, pair), tested in found.items() if tested]


def _compared(run: Run) -> list[tuple[str, str, dict[str, Figures]]]:
    """The same of one run; without the sources that leave photographs out."""
    found = []
    for segmenter, pairs in run.metrics["label_comparison"].items():
        for pair, sources in pairs.items():
            first, _, second = pair.partition("_less_")
            whole = {source: splits.get("test") for source, splits in sources.items() if "_without_" not in source}
            found.append((segmenter, f"{first} less {second}", {name: row for name, row in whole.items() if row}))
    return found


def _cell(rows: Sequence[Figures] | None, *, markdown: bool) -> str:
    if not rows:
        return "–"
    parts = []
    for name in FIGURES:
        mean, low, high = (100 * end for end in interval(rows, name))
        text = f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"
        apart = low > 0 or high < 0
        parts.append((f"**{text}**" if markdown else f"{text} *") if apart else text)
    return " / ".join(parts)


def interval(rows: Sequence[Figures], name: str) -> tuple[float, float, float]:
    """Mean over seeds of a difference, and the ends of its 95 % interval.

    Two errors are independent: which structures are tested, the same ones for every seed, told by each run's own
    interval; and the seeds of training, by Student's t. Each end is as far from the mean as the root of their squares'
    sum, and never on its other side.

    Args:
        rows: of each seed the figures and their ends, as :func:`crackpipe.measures.resampling.difference` tells them,
            from -1 to 1.
        name: of the figure.

    Returns:
        mean, low and high.
    """
    mean, trained = intervals.of_mean([row[name] for row in rows])
    below, above = (
        math.hypot(trained, max(0.0, sum(sign * (row[f"{name}_{end}"] - row[name]) for row in rows) / len(rows)))
        for sign, end in ((-1, "low"), (1, "high"))
    )
    return mean, mean - below, mean + above
