"""Runs that differ in nothing but the seed with which segmenters are trained: one row for all, means with spreads.

They are told by their folders' names, ``equal_terms``, ``equal_terms_seed4`` and so on. A later one may have trained on
fewer kinds of labels, or fewer segmenters, than the first.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from crackpipe.errors import CrackpipeError
from crackpipe.measures import intervals
from crackpipe.results.cells import Row, TableCell
from crackpipe.results.record import Run, at

SEED = "train_segmenter.seed"
# What of the parameters may differ: the seed, and what is trained, scored or changed beside a row.
_OWN = (
    "train_segmenter.seed",
    "train_segmenter.labels",
    "train_segmenter.networks",
    "train_segmenter.adapters",
    "self_label.labels",
    "ablate_adapters.variants",
)
_NAME = re.compile(r"(?P<first>.+)_seed\d+")


def grouped(runs: Sequence[Run]) -> list[list[Run]]:
    """Group runs whose folders' names differ in their seed only, in the order of the first of each group.

    Args:
        runs: in any order.

    Raises:
        CrackpipeError: two of a group have one seed, or differ in more than it: in parameters, code, processor or
            PyTorch's version, each of which moves figures.
    """
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(name(run), []).append(run)
    for group in groups.values():
        _check(group)
    return list(groups.values())


def _check(group: Sequence[Run]) -> None:
    first, *others = group
    seeds = {at(first.params, SEED): first.name}
    for other in others:
        if (seed := at(other.params, SEED)) in seeds:
            raise CrackpipeError(
                f"{other.name}: {SEED} is {seed}, as in {seeds[seed]}; folders named _seed… are trials with other "
                "seeds: run it again with another one, or rename it"
            )
        seeds[seed] = other.name
        differing = _differing(_shared(first.params), _shared(other.params)) + _differing(first.made_by, other.made_by)
        if differing:
            raise CrackpipeError(
                f"{other.name}: differs from {first.name} in {', '.join(differing)}; folders named _seed… may differ "
                f"in {SEED} and in what is trained: run it again as the others, or rename it"
            )


def name(run: Run) -> str:
    """Name under which the rows of a run and its trials stand: its folder's, without the seed."""
    return _group(run.name)


def _group(folder: str) -> str:
    found = _NAME.fullmatch(folder)
    return found["first"] if found else folder


def merged(rows: Sequence[Row]) -> list[Row]:
    """One row for those of equal names that tell of several trainings, with means and spreads, under the group's name.

    Args:
        rows: of one group. Those without a training behind them, and those whose figures are all the same (what is not
            trained by the segmenters' seed), stand as they are.
    """
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    found: list[Row] = []
    for alike in by_name.values():
        one_training = any(row.seeds != 1 for row in alike) or len({row.cells for row in alike}) == 1
        found.extend(alike if one_training else [_mean(alike)])
    return found


def _mean(rows: Sequence[Row]) -> Row:
    cells = tuple(_mean_cell(cells) for cells in zip(*(row.cells for row in rows), strict=True))
    first = rows[0]
    return Row(_group(first.run), first.name, cells, first.basis, seeds=len(rows))


def _mean_cell(cells: Sequence[TableCell | None]) -> TableCell | None:
    """Mean of the cells of all seeds; none where a seed has none, or other photographs than another."""
    known = [cell for cell in cells if cell is not None]
    if len(known) < len(cells) or len({(len(cell.values), cell.n) for cell in known}) > 1:
        return None
    means, spreads = [], []
    for values in zip(*(cell.values for cell in known), strict=True):
        summary = intervals.means_and_spreads([{"value": value} for value in values])
        means.append(summary["value"] or 0.0)
        spreads.append(summary["value_std"] or 0.0)
    return TableCell(tuple(means), known[0].n, tuple(spreads))


def _shared(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that runs of one group have in common, by their dotted keys."""
    tree = copy.deepcopy(dict(params))
    for key in _OWN:
        *sections, last = key.split(".")
        section: Any = tree
        for step in sections:
            section = section.get(step) if isinstance(section, dict) else None
        if isinstance(section, dict):
            section.pop(last, None)
    return _flat(tree)


def _flat(tree: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
    return found


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    missing = object()
    return [key for key in sorted({*first, *second}) if first.get(key, missing) != second.get(key, missing)]
