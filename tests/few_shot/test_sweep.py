"""Heads on all subsets and seeds: rows in order, the same twice, better with labels; their figures and curves."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackpipe.errors import ModelError, TableError
from crackpipe.few_shot import heads, score_table, sweep
from crackpipe.few_shot.dataset import FewShotData, Patches
from crackpipe.report import few_shot

NETWORK: dict[str, Any] = {
    "texts": True,
    "principal_axes": True,
    "hidden": 4,
    "dropout": 0.1,
    "steps": 40,
    "batch": 16,
    "lr": 0.05,
}
POSTERIOR: dict[str, Any] = {
    "prior_scale": 1.0,
    "rank": 2,
    "init_scale": 0.5,
    "anneal": 0.3,
    "samples": 9,
    "steps": 60,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "zero_shot": {"scale": 5.0},
    "linear": {**NETWORK, "weight_decay": 0.01, "principal_axes": False},
    "linear_image": {**NETWORK, "weight_decay": 0.01, "texts": False, "principal_axes": False},
    "bayesian": {**NETWORK, **POSTERIOR, "guide": "mean_field"},
    "bayesian_low_rank": {**NETWORK, **POSTERIOR, "guide": "low_rank"},
    "bayesian_image": {**NETWORK, **POSTERIOR, "guide": "mean_field", "texts": False},
    "logistic": {"inverse_penalty": 10.0, "iterations": 100},
    "knn": {"k": 3},
    "tip_adapter": {"scale": 5.0, "alpha": 16.0, "beta": 5.5},
    "oracle_text": {"inverse_penalty": 10.0, "iterations": 100},
}
TRIAL: dict[str, Any] = {"shares": [0.0, 4, 1.0], "seeds": 2, "seed": 3}


def patches(name: str, *, count: int, shift: float, seed: int) -> Patches:
    """Unit vectors of two clusters; ``shift`` is how far these lie apart."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    drawn = random.normal(size=(count, 8)) + 2
    drawn[:, 0] += shift * (2 * labels - 1)
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"s/{name}{number:02d}@0,0+8" for number in range(count)]
    return Patches(ids, vectors, labels, ["s"] * count, [f"{name}{number // 4}" for number in range(count)])


def noise(count: int) -> np.ndarray:
    drawn = np.random.default_rng(count).normal(size=(count, 8)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def data() -> FewShotData:
    classes = np.array([[0.0] + [1.0] * 7, [0.5] + [1.0] * 7], np.float32)
    return FewShotData(
        patches("p", count=40, shift=3.0, seed=0),
        patches("t", count=60, shift=3.0, seed=1),
        patches("o", count=20, shift=0.0, seed=2),
        classes / np.linalg.norm(classes, axis=1, keepdims=True),
    )


Run = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run(data: FewShotData) -> Run:
    """Rows of a head, which is trained when they are first asked for."""
    return functools.cache(lambda head: sweep.run(head, data, settings=SETTINGS[head], **TRIAL))


@pytest.mark.parametrize("head", SETTINGS)
def test_a_head_scores_every_patch_the_same_twice_and_separates_the_clusters(
    head: str, data: FewShotData, run: Run
) -> None:
    first = run(head)
    second = sweep.run(head, data, settings=SETTINGS[head], **TRIAL | {"shares": [0.0, 1.0]})
    wanted = ["T0"] if head == "zero_shot" else ["T1", "T2"]
    assert [(row["subset"], row["seed"]) for row in first] == [(name, seed) for name in wanted for seed in (3, 4)]
    for one, other in zip(first[-2:], second, strict=True):  # those of all patches
        assert np.array_equal(one["score"], other["score"])
    for one in first:
        assert one["score"].shape == (80,)
        assert ((one["score"] >= 0) & (one["score"] <= 1)).all()
        assert (one["mutual_information"] is not None) == head.startswith("bayesian")
    if head != "zero_shot":
        assert [row["n_train"] for row in first] == [4, 4, 40, 40]
        right = (first[-1]["score"][:60] > 0.5) == (data.test.labels == 1)
        assert right.mean() > 0.9


def test_seeds_that_learn_from_the_same_patches_differ_by_their_start(data: FewShotData) -> None:
    together = sweep.run("linear", data, settings=SETTINGS["linear"] | {"dropout": 0.0}, **TRIAL)
    assert not np.array_equal(together[-1]["score"], together[-2]["score"])


def test_oracle_text_is_right_where_images_tell_nothing_as_it_is_told_the_label(data: FewShotData) -> None:
    parts = (replace(part, vectors=noise(len(part))) for part in (data.pool, data.test, data.ood))
    blind = FewShotData(*parts, np.eye(8, dtype=np.float32)[:2])
    right = {}
    for head in ("oracle_text", "logistic"):
        (row,) = sweep.run(head, blind, settings=SETTINGS[head], shares=[1.0], seeds=1, seed=3)
        right[head] = ((row["score"][:60] > 0.5) == (data.test.labels == 1)).mean()
    assert right["oracle_text"] > 0.95
    assert right["logistic"] < 0.7


def test_oracle_text_scores_nothing_whose_label_it_does_not_know(data: FewShotData) -> None:
    queries, settings = data.test.vectors[:5], heads.find("oracle_text").settings(**SETTINGS["oracle_text"])
    with pytest.raises(ModelError, match="reads the labels of what it scores: it works in the pipeline's trials alone"):
        heads.find("oracle_text").evaluate(data, np.arange(40)[None], queries, settings, 0)


def test_every_head_of_the_params_is_there() -> None:
    assert set(SETTINGS) == set(heads.HEADS)


def test_a_subset_that_lacks_a_class_is_refused_before_training(data: FewShotData) -> None:
    labels = np.zeros(40, np.int64)
    labels[0] = 1
    pool = data.pool
    rare = Patches(pool.item_ids, pool.vectors, labels, pool.sources, pool.group_ids)
    with pytest.raises(TableError, match="subset T0 of seed 3: has 0 crack and 2 crack-free patches"):
        sweep.run("knn", FewShotData(rare, data.test, data.ood, data.classes), settings={"k": 1},
                  shares=[2], seeds=1, seed=3)  # fmt: skip


@pytest.fixture(scope="module")
def tables(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    for head in ("zero_shot", "linear", "bayesian"):
        score_table.write(folder / f"{head}.parquet", run(head))
    return folder


def test_figures_stand_by_subset_and_head_with_spreads_and_intervals(data: FewShotData, tables: Path) -> None:
    scores = score_table.read(tables, heads=["zero_shot", "linear", "bayesian"])
    tree = few_shot.scores(data, scores, reference="linear", resamples=20, seed=0)
    assert {subset: sorted(heads) for subset, heads in tree.items()} == {
        "T0": ["zero_shot"],
        "T1": ["bayesian", "linear"],
        "T2": ["bayesian", "linear"],
    }
    one = tree["T2"]["bayesian"]
    assert (one["n_train"], one["n_test"], one["seeds"]) == (40, 60, 2)
    assert {"precision", "recall", "f1", "pr_auc", "ece", "nll", "brier", "f1_std"} <= set(one)
    assert one["f1"] > 0.9
    assert one["error_refer_20"] <= one["error"]
    assert one["ood_auroc_entropy"] > 0.6  # between the clusters
    difference = one["minus_linear"]
    assert difference["f1_low"] <= difference["f1"] <= difference["f1_high"]
    assert difference["f1"] == pytest.approx(one["f1"] - tree["T2"]["linear"]["f1"])
    rows = few_shot.f1_rows(tree)
    assert [row["n_train"] for row in rows] == [0, 4, 4, 40, 40]
    assert all(row["low"] <= row["f1"] <= row["high"] for row in rows)
    risks = few_shot.risk_rows(data, scores)
    assert {row["coverage"] for row in risks} == {share / 100 for share in range(5, 101, 5)}
    losses = few_shot.loss_rows(scores)
    assert {row["run"] for row in losses} == {"linear T1", "linear T2", "bayesian T1", "bayesian T2"}


def test_a_table_of_another_run_is_refused(tables: Path) -> None:
    with pytest.raises(TableError, match=r"holds bayesian, which few_shot\.heads does not name"):
        score_table.read(tables, heads=["zero_shot", "linear"])
