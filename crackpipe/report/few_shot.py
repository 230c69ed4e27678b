"""What few labels are worth: figures of each head on each subset, and rows for the curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.errors import TableError
from crackpipe.few_shot.dataset import Material
from crackpipe.measures import bootstrap, classification, uncertainty

Tree = dict[str, Any]
Cells = Mapping[str, pd.DataFrame]
REFERRED = (5, 10, 20)  # percent of the decisions that go to a person
COVERAGES = np.arange(5, 101, 5)  # percent, of the curve
CURVE_POINTS = 60
TAKEN = ("precision", "recall", "f1", "pr_auc", "ece")


def scores(material: Material, cells: Cells, *, reference: str, resamples: int, seed: int) -> Tree:
    """``{subset: {head: figures}}``: means over seeds, spreads (``_std``) beside them.

    ``error_refer_10`` is the share of errors when the 10 % of the decisions that are least sure (by entropy) go to a
    person; ``ood_auroc_entropy`` and ``ood_auroc_mutual_information`` tell how well uncertainty finds pictures of
    another kind. ``minus_<reference>`` holds the difference of F1, ECE, NLL and Brier score to that head, ``_low`` and
    ``_high`` are its 95 % interval over places and seeds.

    Raises:
        TableError: a head's scores are of other items.
    """
    tree: Tree = {}
    groups = pd.factorize(pd.Series(material.test.group_ids))[0].astype(np.int64)
    count = int(groups.max()) + 1
    sums: dict[tuple[str, str], list[np.ndarray]] = {}
    for head, table in cells.items():
        for subset, rows in table.groupby("subset", sort=True):
            each = [_of_seed(material, row, head=head) for row in rows.itertuples()]
            own = _means(each) | {"n_train": int(rows["n_train"].iloc[0]), "n_test": len(material.test)}
            tree.setdefault(str(subset), {})[head] = own | {"seeds": len(rows)}
            sums[str(subset), head] = [
                bootstrap.sums(material.test.labels, _test(material, row.score), groups, count=count)
                for row in rows.itertuples()
            ]
    for (subset, head), ours in sums.items():
        if head != reference and (subset, reference) in sums:
            drawn = bootstrap.weights(groups=count, seeds=len(ours), resamples=resamples, seed=seed)
            found = bootstrap.difference(ours, sums[subset, reference], drawn)
            tree[subset][head][f"minus_{reference}"] = {
                f"{name}{end}": value
                for name, values in found.items()
                for end, value in zip(("", "_low", "_high"), values, strict=True)
            }
    return tree


def f1_rows(tree: Tree) -> list[Tree]:
    """F1 over the number of labelled patches, with the spread of the seeds: ``low`` and ``high`` are one away."""
    return [
        {
            "head": head,
            "subset": subset,
            "n_train": one["n_train"],
            "f1": one["f1"],
            "low": max(0.0, one["f1"] - (one["f1_std"] or 0.0)),
            "high": min(1.0, one["f1"] + (one["f1_std"] or 0.0)),
        }
        for subset, heads in sorted(tree.items())
        for head, one in sorted(heads.items())
    ]


def risk_rows(material: Material, cells: Cells) -> list[Tree]:
    """Share of errors among the surest decisions, by the share that is decided; mean over seeds."""
    rows = []
    for head, table in cells.items():
        for subset, part in table.groupby("subset", sort=True):
            curves = [_risk(material, _test(material, score)) for score in part["score"]]
            for coverage in COVERAGES:
                risk = np.mean([uncertainty.referred_risk(one, referred=1 - coverage / 100) for one in curves])
                rows.append(
                    {"head": head, "subset": str(subset), "coverage": float(coverage) / 100, "risk": float(risk)}
                )
    return rows


def loss_rows(cells: Cells) -> list[Tree]:
    """Training curves, mean over seeds: cross-entropy, or −ELBO per patch, thinned to some points."""
    rows = []
    for head, table in cells.items():
        for subset, part in table.groupby("subset", sort=True):
            if part["loss"].isna().any():
                continue
            curve = np.mean(np.stack(part["loss"].tolist()), axis=0)
            for block in np.array_split(np.arange(len(curve)), min(CURVE_POINTS, len(curve))):
                loss = float(curve[block].mean())
                rows.append({"run": f"{head} {subset}", "step": int(block[-1]) + 1, "train_loss": loss})
    return rows


def _of_seed(material: Material, row: Any, *, head: str) -> dict[str, float | None]:
    expected = len(material.test) + len(material.ood)
    if len(row.score) != expected:
        raise TableError(f"{head}: scored {len(row.score)} patches, but there are {expected}; run `dvc repro` again")
    labels, own = material.test.labels, _test(material, row.score)
    found: dict[str, float | None] = {name: classification.scores(labels, own)[name] for name in TAKEN}
    found |= {"nll": uncertainty.nll(labels, own), "brier": uncertainty.brier(labels, own)}
    risk = _risk(material, own)
    found |= {"error": float(risk[-1]), "entropy": float(uncertainty.entropy(own).mean())}
    for percent in REFERRED:
        found[f"error_refer_{percent}"] = uncertainty.referred_risk(risk, referred=percent / 100)
    split = len(material.test)
    doubts = {"entropy": uncertainty.entropy(np.asarray(row.score))}
    if row.mutual_information is not None:
        doubts["mutual_information"] = np.asarray(row.mutual_information)
        found["mutual_information"] = float(doubts["mutual_information"][:split].mean())
    for name, doubt in doubts.items():
        found[f"ood_auroc_{name}"] = uncertainty.separation(doubt[:split], doubt[split:])
    return found


def _means(each: list[dict[str, float | None]]) -> dict[str, float | None]:
    """Mean over seeds of each figure, and its standard deviation (of n − 1; ``None`` for a single seed)."""
    found: dict[str, float | None] = {}
    for name in each[0]:
        values = [value for one in each if (value := one[name]) is not None]
        found[name] = float(np.mean(values)) if values else None
        found[f"{name}_std"] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return found


def _test(material: Material, score: Any) -> np.ndarray:
    return np.asarray(score)[: len(material.test)]


def _risk(material: Material, own: np.ndarray) -> np.ndarray:
    return uncertainty.risk_coverage((own > 0.5) != (material.test.labels == 1), uncertainty.entropy(own))
