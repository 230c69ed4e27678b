"""Gain from few labels: figures of each head on each subset, and rows for the curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.errors import TableError
from crackpipe.few_shot.dataset import FewShotData
from crackpipe.measures import bootstrap, classification, intervals, uncertainty

Tree = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]  # of each head, as schemas.FEW_SHOT_SCORES describes them
REFERRED = (5, 10, 20)  # percent of the decisions that go to a person
COVERAGES = np.arange(5, 101, 5)  # percent, of the curve
CURVE_POINTS = 60
SHOWN = ("precision", "recall", "f1", "pr_auc", "ece", "nll", "brier")  # of classification.scores


def scores(material: FewShotData, tables: Tables, *, reference: str, resamples: int, seed: int) -> Tree:
    """Summarise the seeds: ``{subset: {head: figures}}``, means over them with spreads (``_std``) beside them.

    ``error_refer_10`` is the share of errors when the 10 % of the decisions that are least sure (by entropy) go to a
    person; ``ood_auroc_entropy`` and ``ood_auroc_mutual_information`` are how well uncertainty finds pictures of
    another kind. ``minus_<reference>`` holds the difference of F1, ECE, NLL and Brier score to that head, ``_low`` and
    ``_high`` are its 95 % interval over structures and seeds.

    Args:
        material: labels and structures of the test patches.
        tables: scores of each head.
        reference: head that others are compared with.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        TableError: a head's scores are of other items.
    """
    tree: Tree = {}
    groups = pd.factorize(pd.Series(material.test.group_ids))[0].astype(np.int64)
    count = int(groups.max()) + 1
    sums: dict[tuple[str, str], list[np.ndarray]] = {}
    for head, table in tables.items():
        for subset, rows in table.groupby("subset", sort=True):
            figures = [_of_seed(material, row, head=head) for row in rows.itertuples()]
            counts = {"n_train": int(rows["n_train"].iloc[0]), "n_test": len(material.test), "seeds": len(rows)}
            tree.setdefault(str(subset), {})[head] = intervals.means_and_spreads(figures) | counts
            sums[str(subset), head] = [
                bootstrap.sums(material.test.labels, _test(material, row.score), groups, count=count)
                for row in rows.itertuples()
            ]
    for (subset, head), ours in sums.items():
        if head != reference and (subset, reference) in sums:
            drawn = bootstrap.weights(groups=count, seeds=len(ours), resamples=resamples, seed=seed)
            differences = bootstrap.difference(ours, sums[subset, reference], drawn)
            tree[subset][head][f"minus_{reference}"] = {
                f"{name}{end}": value
                for name, values in differences.items()
                for end, value in zip(("", "_low", "_high"), values, strict=True)
            }
    return tree


def f1_rows(tree: Tree) -> list[Tree]:
    """F1 over the number of labelled patches, with the spread of the seeds: ``low`` and ``high`` are one away."""
    return [
        {
            "head": head,
            "subset": subset,
            "n_train": figures["n_train"],
            "f1": figures["f1"],
            "low": max(0.0, figures["f1"] - (figures["f1_std"] or 0.0)),
            "high": min(1.0, figures["f1"] + (figures["f1_std"] or 0.0)),
        }
        for subset, heads in sorted(tree.items())
        for head, figures in sorted(heads.items())
    ]


def risk_rows(material: FewShotData, tables: Tables) -> list[Tree]:
    """Share of errors among the surest decisions, by the share that is decided; mean over seeds."""
    rows = []
    for head, table in tables.items():
        for subset, part in table.groupby("subset", sort=True):
            curves = [_risk(material, _test(material, score)) for score in part["score"]]
            for coverage in COVERAGES:
                risk = np.mean([uncertainty.referred_risk(curve, referred=1 - coverage / 100) for curve in curves])
                rows.append(
                    {"head": head, "subset": str(subset), "coverage": float(coverage) / 100, "risk": float(risk)}
                )
    return rows


def loss_rows(tables: Tables) -> list[Tree]:
    """Training curves, mean over seeds: cross-entropy, or −ELBO per patch, thinned to some points."""
    rows = []
    for head, table in tables.items():
        for subset, part in table.groupby("subset", sort=True):
            if part["loss"].isna().any():
                continue
            curve = np.mean(np.stack(part["loss"].tolist()), axis=0)
            for block in np.array_split(np.arange(len(curve)), min(CURVE_POINTS, len(curve))):
                loss = float(curve[block].mean())
                rows.append({"run": f"{head} {subset}", "step": int(block[-1]) + 1, "train_loss": loss})
    return rows


def _of_seed(material: FewShotData, row: Any, *, head: str) -> dict[str, float | None]:
    expected = len(material.test) + len(material.ood)
    if len(row.score) != expected:
        raise TableError(f"{head}: scored {len(row.score)} patches, but there are {expected}; run `dvc repro` again")
    n, crack = len(material.test), _test(material, row.score)
    scores = classification.scores(material.test.labels, crack)
    figures: dict[str, float | None] = {name: scores[name] for name in SHOWN}
    risk = _risk(material, crack)
    figures |= {"error": float(risk[-1]), "entropy": float(uncertainty.entropy(crack).mean())}
    for percent in REFERRED:
        figures[f"error_refer_{percent}"] = uncertainty.referred_risk(risk, referred=percent / 100)
    uncertainties = {"entropy": uncertainty.entropy(np.asarray(row.score))}
    if row.mutual_information is not None:
        uncertainties["mutual_information"] = np.asarray(row.mutual_information)
        figures["mutual_information"] = float(uncertainties["mutual_information"][:n].mean())
    for name, values in uncertainties.items():
        figures[f"ood_auroc_{name}"] = uncertainty.separation(values[:n], values[n:])
    return figures


def _test(material: FewShotData, score: Any) -> np.ndarray:
    return np.asarray(score)[: len(material.test)]


def _risk(material: FewShotData, crack: np.ndarray) -> np.ndarray:
    return uncertainty.risk_coverage((crack > 0.5) != (material.test.labels == 1), uncertainty.entropy(crack))
