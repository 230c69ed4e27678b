"""Segmenters as they are used: one level, surfaces that they have not seen, and photographs without a crack."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from crackpipe.results import record
from crackpipe.results.record import Run, at

PREFIX = "bench-"
TITLE = "Segmenters as they are used, at the level that validation has chosen; in %"
NOTE = (
    "ODS takes the best of 99 levels on the very set, F1 the one that was chosen; in brackets both within some pixels. "
    "Claimed are photographs without a crack, or squares of photographs without one where there are none, of which a "
    "thousandth or more is called crack. ECE is that of pixels after calibration on validation, in brackets before. "
    "Missed is the share of crack length where a tenth was asked for. Val is what all of it was chosen on, the rest "
    "was not; of several sources of val the first is shown."
)
RISK = "0.1"


def table(folders: Sequence[Path], *, markdown: bool) -> str:
    """Table of the benches of all runs, a row for each segmenter and set of photographs; empty without.

    Args:
        folders: of runs.
        markdown: whether it is written as Markdown, else as text.

    Raises:
        CrackpipeError: a folder holds no run.
    """
    body = [line for run in map(record.read, folders) for line in _rows(run)]
    if not body:
        return ""
    lines = [["run", "segmenter", "level", "photographs", "ODS", "F1", "claimed", "ECE", "missed"], *body]
    if not markdown:
        return "\n".join([TITLE, "", *("; ".join(line) for line in lines), "", NOTE])
    rows = ["| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(lines[0]), *lines[1:]]]
    return "\n".join([f"{TITLE}:", "", *rows, "", NOTE])


def _rows(run: Run) -> Iterator[list[str]]:
    for name, bench in sorted(run.metrics.items()):
        if not name.startswith(PREFIX):
            continue
        quiet = bench["val"]["quiet"]
        claimed = ", ".join(f"{100 * (1 - share):.0f} of {kind}" for kind, share in sorted(quiet.items()))
        known = [run.name, name.removeprefix(PREFIX), f"{bench['cracks']['level']:g}"]
        of_val = next((place for place in bench["pixels"] if place.startswith("val/")), "")
        yield [*known, "val", "–", f"({100 * bench['val']['f1']:.1f})", claimed, *_held(bench, of_val)]
        for source in sorted({*bench["test"], *bench["crack_free"]}):
            figures, free = bench["test"].get(source), bench["crack_free"].get(source)
            cells = [_both(figures, key) for key in ("ods", "f1")]
            cells.append("–" if free is None else f"{100 * free['claimed']:.0f}")
            yield [*known, source, *cells, *_held(bench, f"test/{source}")]


def _both(figures: dict[str, Any] | None, name: str) -> str:
    """A figure, and in brackets the same within some pixels."""
    if figures is None:
        return "–"
    near = next(figures[key] for key in figures if key.startswith(f"{name}_"))
    return f"{100 * figures[name]:.1f} ({100 * near:.1f})"


def _held(bench: dict[str, Any], place: str) -> list[str]:
    """Calibration error and missed length of a split and source."""
    pixels, risk = bench["pixels"].get(place), bench["risk"].get(RISK)
    missed = at(risk, "missed") or {}
    known = place if place.startswith("test/") else "val"
    error = "–" if pixels is None else f"{100 * pixels['ece_calibrated']:.1f} ({100 * pixels['ece']:.1f})"
    return [error, f"{100 * missed[known]:.0f}" if known in missed else "–"]
