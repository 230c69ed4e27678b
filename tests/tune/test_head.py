"""Settings of a head are compared on held-out structures of the pool, never on the test set."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from crackpipe.cli import app
from crackpipe.errors import ParamsError
from crackpipe.few_shot import dataset as materials
from crackpipe.few_shot.dataset import FewShotData, Patches
from crackpipe.params import yaml_edit
from crackpipe.params.project import Project
from crackpipe.tune import head as tuning
from crackpipe.tune.head import tune_head

ROOT = Path(__file__).resolve().parents[2]


def patches(name: str, *, count: int, seed: int) -> Patches:
    """Unit vectors of two clusters, four patches of each structure."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    drawn = random.normal(size=(count, 8)) + 2
    drawn[:, 0] += 6 * labels - 3
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"s/{name}{number:02d}@0,0+8" for number in range(count)]
    return Patches(ids, vectors, labels, ["s"] * count, [f"{name}{number // 4:02d}" for number in range(count)])


@pytest.fixture
def data() -> FewShotData:
    pool, test, ood = patches("p", count=80, seed=0), patches("t", count=40, seed=1), patches("o", count=8, seed=2)
    return FewShotData(pool, test, ood, np.eye(2, 8, dtype=np.float32))


@pytest.fixture
def project(data: FewShotData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    text = yaml_edit.set_values(text, {"few_shot.subsets": [0.0, 8, 1.0], "few_shot.seeds": 2})
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(materials, "load", lambda _folder: data)
    return Project.open(tmp_path)


def test_whole_structures_are_held_out_and_the_test_set_is_gone(data: FewShotData) -> None:
    parts = tuning.split(data, held_out=0.25, seed=0)
    assert set(parts.pool.item_ids) | set(parts.test.item_ids) == set(data.pool.item_ids)
    assert not set(parts.pool.group_ids) & set(parts.test.group_ids)
    assert len(set(parts.test.group_ids)) == 5  # of 20
    assert not set(parts.test.item_ids) & set(data.test.item_ids)
    assert len(parts.ood) == 0
    row = data.pool.item_ids.index(parts.test.item_ids[3])
    assert np.array_equal(parts.test.vectors[3], data.pool.vectors[row])
    assert parts.test.labels[3] == data.pool.labels[row]


def test_every_combination_is_a_row_and_the_lowest_nll_is_first(project: Project) -> None:
    table = tune_head("knn", {"k": [1, 5]}, project=project, held_out=0.25, seed=0)
    assert table.columns.tolist() == ["k", "nll_T1", "nll_T2", "nll"]
    assert sorted(table["k"]) == [1, 5]
    assert table["nll"].is_monotonic_increasing
    np.testing.assert_allclose(table["nll"], table[["nll_T1", "nll_T2"]].mean(axis=1))


def test_other_test_patches_change_nothing(
    project: Project, data: FewShotData, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tune_head("logistic", {"inverse_penalty": [1.0]}, project=project, held_out=0.3, seed=1)
    other = FewShotData(data.pool, patches("u", count=40, seed=9), data.ood, data.classes)
    monkeypatch.setattr(materials, "load", lambda _folder: other)
    after = tune_head("logistic", {"inverse_penalty": [1.0]}, project=project, held_out=0.3, seed=1)
    assert before.equals(after)


@pytest.mark.parametrize(
    ("head", "grid", "message"),
    [
        ("forest", {}, "head: got 'forest', expected one of linear, "),
        ("zero_shot", {}, "head: got 'zero_shot', expected one of linear, "),
        ("knn", {"neighbours": [3]}, r"few_shot\.knn\.neighbours: unknown key"),
        ("knn", {"k": [3, -1]}, r"few_shot\.knn\.k: got -1"),
    ],
)
def test_heads_and_settings_that_there_are_not_are_refused_before_anything_is_read(
    head: str, grid: dict, message: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(materials, "load", lambda _folder: pytest.fail("read"))
    with pytest.raises(ParamsError, match=message):
        tune_head(head, grid, project=project, held_out=0.25, seed=0)


def test_the_command_reads_values_as_yaml(project: Project) -> None:
    done = CliRunner().invoke(app.commands, ["tune-head", "knn", "k=1,5", "--project", str(project.root)])
    assert done.exit_code == 0, done.output
    assert done.stdout.split()[:2] == ["k", "nll_T1"]
    assert len(done.stdout.splitlines()) == 3
