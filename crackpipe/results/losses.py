"""One table of all losses: where each comes from, what it does, and what it gave in our comparisons."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackpipe.results import published_tables, record

HEADING = ("loss", "paper", "what it does")
PLACES = {True: "on a source trained on", False: "on another source"}


def table(folders: Sequence[Path], *, markdown: bool) -> str:
    """The losses in the order of ``published_tables.json``, with the figures of each run that compared some.

    Figures are means over backbones, sources and seeds, in percent; a dash where a run has none.
    """
    trees = [(run.name, found) for run in map(record.read, folders) if (found := run.metrics.get("calibration"))]
    compared = [(name, tree, home) for name, tree in trees for home in PLACES if _found(tree, at_home=home)]
    heading = [*HEADING, *(f"{name}: ECE / F1 {PLACES[home]}" for name, _, home in compared)]
    lines = [heading]
    for loss in published_tables.published()["losses"]:
        name = f"`{loss['name']}`" if markdown else loss["name"]
        figures = [_mean(_found(tree, at_home=home).get(loss["name"], [])) for _, tree, home in compared]
        lines.append([name, loss["paper"], loss["does"], *figures])
    title = "Losses (`train_classifier.loss`) and how well calibrated they leave a classifier; in %"
    if not markdown:
        return "\n".join([title.replace("`", ""), "", *("; ".join(line) for line in lines)])
    rows = ["| " + " | ".join(line) + " |" for line in [heading, ["---"] * len(heading), *lines[1:]]]
    return "\n".join([f"{title}:", "", *rows])


def _found(tree: dict[str, Any], *, at_home: bool) -> dict[str, list[dict[str, Any]]]:
    """Figures of each loss without calibration after the fact, on sources that have trained it or on the others."""
    found: dict[str, list[dict[str, Any]]] = {}
    for sources in tree.values():
        for tested in sources.values():
            for by_loss in tested.values():
                for loss, kinds in by_loss.items():
                    if kinds["none"]["at_home"] == at_home:
                        found.setdefault(loss, []).append(kinds["none"])
    return found


def _mean(found: list[dict[str, Any]]) -> str:
    if not found:
        return "–"
    return " / ".join(f"{100 * sum(one[name] for one in found) / len(found):.2f}" for name in ("ece", "f1"))
