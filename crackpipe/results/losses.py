"""One table of all losses: where each comes from, what it does, and what it gave in our comparisons."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackpipe.results import published_tables, record

HEADING = ("loss", "paper", "what it does")
DOMAINS = {True: "on a source trained on", False: "on another source"}


def table(folders: Sequence[Path], *, markdown: bool) -> str:
    """Table of the losses in the order of ``published.json``, with the figures of each run that compared some.

    Figures are means over backbones, sources and seeds, in percent; a dash where a run has none.

    Args:
        folders: of runs.
        markdown: whether it is written as Markdown, else as text.

    Raises:
        CrackpipeError: a folder holds no run.
    """
    trees = [(run.name, tree) for run in map(record.read, folders) if (tree := run.metrics.get("calibration"))]
    compared = [
        (name, figures, in_domain)
        for name, tree in trees
        for in_domain in DOMAINS
        if (figures := _figures(tree, in_domain))
    ]
    heading = [*HEADING, *(f"{name}: ECE / F1 {DOMAINS[in_domain]}" for name, _, in_domain in compared)]
    lines = [heading]
    for loss in published_tables.published()["losses"]:
        name = f"`{loss['name']}`" if markdown else loss["name"]
        means = [_mean(figures.get(loss["name"], [])) for _, figures, _ in compared]
        lines.append([name, loss["paper"], loss["does"], *means])
    title = "Losses (`train_classifier.loss`) and how well calibrated they leave a classifier; in %"
    if not markdown:
        return "\n".join([title.replace("`", ""), "", *("; ".join(line) for line in lines)])
    rows = ["| " + " | ".join(line) + " |" for line in [heading, ["---"] * len(heading), *lines[1:]]]
    return "\n".join([f"{title}:", "", *rows])


def _figures(tree: dict[str, Any], in_domain: bool) -> dict[str, list[dict[str, Any]]]:
    """Figures of each loss without calibration after the fact, on sources that have trained it or on the others."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for sources in tree.values():
        for tested in sources.values():
            for by_loss in tested.values():
                for loss, kinds in by_loss.items():
                    if kinds["none"]["at_home"] == in_domain:  # how the committed metrics call it
                        by_name.setdefault(loss, []).append(kinds["none"])
    return by_name


def _mean(cells: list[dict[str, Any]]) -> str:
    if not cells:
        return "–"
    return " / ".join(f"{100 * sum(cell[name] for cell in cells) / len(cells):.2f}" for name in ("ece", "f1"))
