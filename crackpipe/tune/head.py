"""Compare settings of a few-shot head on structures that are held out of the pool; the test set is never looked at."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crackpipe import params
from crackpipe.compute import seeds
from crackpipe.compute.runtime import start_runtime
from crackpipe.errors import ParamsError
from crackpipe.few_shot import dataset, sweep
from crackpipe.few_shot.dataset import Material, Patches
from crackpipe.measures import uncertainty
from crackpipe.params import Params

PATCHES = Path("data/few_shot_patches")


def settings(
    head: str, grid: Mapping[str, Sequence[Any]], *, project: Path, held_out: float, seed: int
) -> pd.DataFrame:
    """Train a head with every combination of ``grid``; a row of each, the lowest mean NLL first.

    Columns are the names of ``grid``, ``nll_T1`` … (nats, mean over the seeds of params.yaml) and ``nll``, their mean
    over the subsets. NLL is a proper score: neither a head that is sure of nothing nor one that is sure of all wins.

    Args:
        head: a name of few_shot.heads.
        grid: values of some of that head's parameters; the others stay as in params.yaml.
        project: where the pipeline has run ``embed_patches``.
        held_out: share of the pool's structures that the head is scored on and not trained on, in (0, 1).
        seed: of the draw of these structures.

    Raises:
        ParamsError: an unknown head or parameter, or a value that is not allowed; nothing has been trained then.
        TableError: there are no embedded patches, or too few.
    """
    p = params.load(project / "params.yaml")
    if head not in sweep.HEADS or head == "zero_shot":
        known = ", ".join(name for name in sweep.HEADS if name != "zero_shot")
        raise ParamsError(f"head: got {head!r}, expected one of {known}")
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    chosen = [_checked(head, one, p) for one in combinations]
    start_runtime(device="cpu", precision="fp32", threads=p.runtime.threads)
    parts = split(dataset.load(project / PATCHES), held_out=held_out, seed=seed)
    q, rows = p.few_shot, []
    for changed, own in zip(combinations, chosen, strict=True):
        found = sweep.run(head, parts, settings=own, shares=q.subsets, seeds=q.seeds, seed=q.seed)
        each = pd.DataFrame(
            {"subset": row["subset"], "nll": uncertainty.nll(parts.test.labels, row["score"])} for row in found
        )
        by_subset = each.groupby("subset")["nll"].mean()
        rows.append(changed | {f"nll_{name}": value for name, value in by_subset.items()} | {"nll": by_subset.mean()})
    return pd.DataFrame(rows).sort_values("nll", ignore_index=True, kind="stable")


def split(given: Material, *, held_out: float, seed: int) -> Material:
    """The pool alone, with a share of its structures in the place of the test set.

    Raises:
        TableError: a part lacks a class.
    """
    groups = np.array(sorted(set(given.pool.group_ids)))
    count = min(len(groups) - 1, max(1, round(held_out * len(groups))))
    held = set(seeds.generator(seed).permutation(groups)[:count].tolist())
    inside = np.array([group in held for group in given.pool.group_ids])
    found = replace(given, pool=_part(given.pool, ~inside), test=_part(given.pool, inside), ood=_part(given.pool, []))
    for name, part in (("the rest of the pool", found.pool), ("the held-out structures", found.test)):
        dataset.check_classes(part.labels, where=name)
    return found


def _part(patches: Patches, chosen: Any) -> Patches:
    index = np.flatnonzero(np.asarray(chosen, bool))
    picked = {name: [getattr(patches, name)[i] for i in index] for name in ("item_ids", "sources", "group_ids")}
    return Patches(vectors=patches.vectors[index], labels=patches.labels[index], **picked)


def _checked(head: str, changed: Mapping[str, Any], p: Params) -> dict[str, Any]:
    """Settings of the head with these changes, by the schema of params.yaml."""
    tree = p.model_dump()
    tree["few_shot"][head].update(changed)
    own: dict[str, Any] = getattr(params.check(tree, where="the grid").few_shot, head).model_dump()
    return own
