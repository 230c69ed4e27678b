"""Compare settings of a few-shot head on structures that are held out of the pool; the test set is never looked at."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crackpipe import params
from crackpipe.compute import seeds
from crackpipe.errors import ParamsError
from crackpipe.few_shot import dataset, heads, sweep
from crackpipe.few_shot.dataset import FewShotData, Patches
from crackpipe.measures import uncertainty
from crackpipe.params import Params
from crackpipe.params.project import Project

PATCHES = "data/few_shot_patches"


def tune_head(
    head: str, grid: Mapping[str, Sequence[Any]], *, project: Project, held_out: float, seed: int
) -> pd.DataFrame:
    """Train a head with every combination of ``grid``; a row of each, the lowest mean NLL first.

    NLL is a proper score: neither a head that is sure of nothing nor one that is sure of all wins.

    Args:
        head: a name of few_shot.heads.
        grid: values of some of that head's parameters; the others stay as in params.yaml.
        project: where the pipeline has run ``embed_patches``.
        held_out: share of the pool's structures that the head is scored on and not trained on, in (0, 1).
        seed: of the draw of these structures, 0 or more.

    Returns:
        Columns are the names of ``grid``, ``nll_T1`` … (nats, mean over the seeds of params.yaml) and ``nll``, their
        mean over the subsets.

    Raises:
        ParamsError: an unknown head or parameter, or a value that is not allowed; nothing has been trained then.
        TableError: there are no embedded patches, or too few.
    """
    if head not in heads.names() or head == "zero_shot":
        known = ", ".join(name for name in heads.names() if name != "zero_shot")
        raise ParamsError(f"head: got {head!r}, expected one of {known}")
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    checked = [_settings(head, changes, project.params) for changes in combinations]
    project.start_runtime(device="cpu", precision="fp32")
    parts = split(dataset.load(project.path(PATCHES)), held_out=held_out, seed=seed)
    few_shot = project.params.few_shot
    rows = []
    for changes, settings in zip(combinations, checked, strict=True):
        scored = sweep.run(
            head, parts, settings=settings, shares=few_shot.subsets, seeds=few_shot.seeds, seed=few_shot.seed
        )
        by_trial = pd.DataFrame(
            {"subset": row["subset"], "nll": uncertainty.nll(parts.test.labels, row["score"])} for row in scored
        )
        by_subset = by_trial.groupby("subset")["nll"].mean()
        rows.append(changes | {f"nll_{name}": value for name, value in by_subset.items()} | {"nll": by_subset.mean()})
    return pd.DataFrame(rows).sort_values("nll", ignore_index=True, kind="stable")


def split(patches: FewShotData, *, held_out: float, seed: int) -> FewShotData:
    """Part the pool by structures: a share of them takes the place of the test set, and nothing that of other kinds.

    Args:
        patches: embedded patches; those of the test set are left out.
        held_out: share of the structures, in (0, 1).
        seed: of their draw, 0 or more.

    Raises:
        TableError: a part lacks a class.
    """
    pool = patches.pool
    groups = np.array(sorted(set(pool.group_ids)))
    count = min(len(groups) - 1, max(1, round(held_out * len(groups))))
    drawn = set(seeds.generator(seed).permutation(groups)[:count].tolist())
    held = np.array([group in drawn for group in pool.group_ids])
    parts = replace(patches, pool=_part(pool, ~held), test=_part(pool, held), ood=_part(pool, []))
    for name, part in (("the rest of the pool", parts.pool), ("the held-out structures", parts.test)):
        dataset.check_classes(part.labels, where=name)
    return parts


def _part(patches: Patches, wanted: Any) -> Patches:
    """The patches where ``wanted`` is true."""
    index = np.flatnonzero(np.asarray(wanted, bool))
    columns = {name: [getattr(patches, name)[i] for i in index] for name in ("item_ids", "sources", "group_ids")}
    return Patches(vectors=patches.vectors[index], labels=patches.labels[index], **columns)


def _settings(head: str, changes: Mapping[str, Any], current: Params) -> dict[str, Any]:
    """Settings of the head with these changes, checked as those of params.yaml are."""
    tree = current.model_dump()
    tree["few_shot"][head].update(changes)
    settings: dict[str, Any] = getattr(params.check(tree, where="the grid").few_shot, head).model_dump()
    return settings
