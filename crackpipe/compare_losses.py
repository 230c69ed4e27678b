"""One table of all losses: where each comes from, what it does, and what it gave in our comparison."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crackpipe import compare_runs, compare_tables

ALL = "all"  # trained on every source
HEADING = ("loss", "paper", "what it does", "ECE / F1 on a source trained on", "ECE / F1 on another source")


def table(folders: Sequence[Path], *, markdown: bool) -> str:
    """The losses in the order of ``published.json`` with figures of the first run that compared them.

    Figures are means over backbones, sources and seeds, in percent; a dash where no run has any.
    """
    trees = [found for folder in folders if (found := compare_runs.read(folder).metrics.get("calibration"))]
    tree = trees[0] if trees else {}
    lines = [list(HEADING)]
    for loss in compare_tables.published()["losses"]:
        name = f"`{loss['name']}`" if markdown else loss["name"]
        own, other = (_mean(tree, loss["name"], at_home=home) for home in (True, False))
        lines.append([name, loss["paper"], loss["does"], own, other])
    title = "Losses (`train_classifier.loss`) and how well calibrated they leave a classifier; in %"
    if not markdown:
        return "\n".join([title.replace("`", ""), "", *("; ".join(line) for line in lines)])
    rows = ["| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(HEADING), *lines[1:]]]
    return "\n".join([f"{title}:", "", *rows])


def _mean(tree: dict[str, Any], loss: str, *, at_home: bool) -> str:
    found = [
        by_loss[loss]["none"]
        for sources in tree.values()
        for train_on, tested in sources.items()
        for source, by_loss in tested.items()
        if loss in by_loss and (train_on in (ALL, source)) == at_home
    ]
    if not found:
        return "–"
    return " / ".join(f"{100 * sum(one[name] for one in found) / len(found):.2f}" for name in ("ece", "f1"))
