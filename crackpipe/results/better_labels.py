"""Which labels are the better ones for each segmenter: differences between their scores, with intervals."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackpipe.results import record
from crackpipe.results.record import Run

TITLE = "Which labels are the better ones to train on: differences on test photographs; points of ODS and of AP"
NOTE = (
    "Each row trains one segmenter on two kinds of labels, all else equal; a positive difference is in favour of the "
    "first. In brackets the 95 % interval by resampling structures, in bold where it leaves out 0. What another seed "
    "of the training changes is not in it."
)
FIGURES = ("ods", "ap")


def table(folders: Sequence[Path], *, markdown: bool) -> str:
    """Table of the differences in ``metrics/label_comparison.json`` of the runs that have some; empty without.

    Args:
        folders: of runs.
        markdown: whether it is written as Markdown, else as text.

    Raises:
        CrackpipeError: a folder holds no run.
    """
    runs = [run for run in map(record.read, folders) if run.metrics.get("label_comparison")]
    sources = sorted({source for run in runs for _, _, tested in _compared(run) for source in tested})
    if not sources:
        return ""
    lines = [["run", "segmenter", "labels", *sources]]
    for run in runs:
        for segmenter, pair, tested in _compared(run):
            cells = [_cell(tested.get(source), markdown=markdown) for source in sources]
            lines.append([run.name, segmenter, pair, *cells])
    if not markdown:
        return "\n".join([TITLE, "", *("; ".join(line) for line in lines), "", NOTE.replace(", in bold where", "; *:")])
    rows = ["| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(lines[0]), *lines[1:]]]
    return "\n".join([f"{TITLE}:", "", *rows, "", NOTE])


def _compared(run: Run) -> list[tuple[str, str, dict[str, Any]]]:
    """(segmenter, ``first less second``, {source: test figures}); without the sources that leave photographs out."""
    found = []
    for segmenter, pairs in run.metrics["label_comparison"].items():
        for pair, sources in pairs.items():
            first, _, second = pair.partition("_less_")
            whole = {source: splits.get("test") for source, splits in sources.items() if "_without_" not in source}
            found.append((segmenter, f"{first} less {second}", {name: row for name, row in whole.items() if row}))
    return found


def _cell(row: dict[str, float] | None, *, markdown: bool) -> str:
    if row is None:
        return "–"
    parts = []
    for name in FIGURES:
        low, high = 100 * row[f"{name}_low"], 100 * row[f"{name}_high"]
        text = f"{100 * row[name]:+.1f} [{low:+.1f}, {high:+.1f}]"
        apart = low > 0 or high < 0
        parts.append((f"**{text}**" if markdown else f"{text} *") if apart else text)
    return " / ".join(parts)
