"""Tables for people: rows of figures, two revisions side by side, stars where intervals lie apart."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.report import show
from crackpipe.report.show import Table


def write(folder: Path, **trees: Any) -> None:
    (folder / "metrics").mkdir(exist_ok=True)
    for name, tree in trees.items():
        (folder / f"metrics/{name}.json").write_text(json.dumps(tree), encoding="utf-8")


def commit(folder: Path) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "-m", "figures"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def table(**rows: dict[str, float]) -> Table:
    return Table("few_shot", {tuple(name.split("__")): row for name, row in rows.items()})


def test_each_mapping_with_figures_is_a_row_and_lists_are_for_plots(tmp_path: Path) -> None:
    write(tmp_path, b={"x": {"y": {"ods": 0.5, "n": 3, "none": None}}, "top": 1}, a={"k": {"f1": 1}}, curve=[{"n": 1}])
    first, second = show.read(tmp_path)
    assert (first.name, second.name) == ("a", "b")
    assert second.rows == {(): {"top": 1.0}, ("x", "y"): {"ods": 0.5, "n": 3.0}}


def test_a_folder_without_metrics_is_told(tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match="holds no metrics; `dvc repro` writes them"):
        show.read(tmp_path)


def test_tables_are_chosen_by_name_and_rows_by_their_keys(tmp_path: Path) -> None:
    row = {"ods": 0.5}
    write(tmp_path, masks={"unet": {"test": row, "val": row}, "oed": {"test": row}}, words={"crack": row})
    tables = show.read(tmp_path)
    (found,) = show.chosen(tables, names=["masks"], filters=["test", "un*"])
    assert list(found.rows) == [("unet", "test")]
    assert [one.name for one in show.chosen(tables, names=[], filters=["crack"])] == ["words"]
    with pytest.raises(CrackpipeError, match="got 'mask', expected one of masks, words; did you mean masks"):
        show.chosen(tables, names=["mask"], filters=[])
    with pytest.raises(CrackpipeError, match=r"show: no row has the keys tset; did you mean test\?"):
        show.chosen(tables, names=[], filters=["tset"])


def test_a_table_stands_in_columns_with_spreads_beside_their_figures() -> None:
    found = show.text(table(T1__knn={"f1": 0.5, "f1_std": 0.01, "n": 40.0}, T2__knn={"f1": 0.75, "n": 400.0}), width=80)
    assert found.splitlines() == [
        "few_shot",
        "                     f1    n",
        "T1 knn  0.5000 ± 0.0100   40",
        "T2 knn           0.7500  400",
    ]


def test_columns_that_do_not_fit_are_named() -> None:
    found = show.text(table(T1={"f1": 0.5, "nll": 0.25, "brier": 0.125}), width=14)
    assert found.splitlines()[-1] == "  … and brier, nll"
    assert all(len(line) <= 14 for line in found.splitlines()[:-1])


def test_changes_are_rows_that_differ_with_a_star_where_intervals_lie_apart() -> None:
    old = table(a={"f1": 0.5, "f1_std": 0.01, "n": 4}, b={"f1": 0.5, "f1_std": 0.1}, c={"ods": 0.1}, gone={"ods": 0.2})
    new = table(a={"f1": 0.6, "f1_std": 0.01, "n": 4}, b={"f1": 0.6, "f1_std": 0.1}, c={"ods": 0.1}, new={"ods": 0.3})
    lines = [" ".join(line.split()) for line in show.changes(new, old, width=80).splitlines()]
    assert lines == [
        "few_shot",
        "ods f1",
        "a 0.5000 → 0.6000 *",
        "b 0.5000 → 0.6000",
        "gone 0.2000 → –",
        "new – → 0.3000",
    ]
    assert show.changes(old, old, width=80) == ""


def test_rows_that_have_changed_in_hidden_columns_alone_are_counted() -> None:
    tables = [show.Table("t", {("a",): {"ece": x, "long_name": x}, ("b",): {"long_name": x}}) for x in (0.1, 0.2)]
    found = show.changes(tables[1], tables[0], width=20)
    assert found.splitlines()[2:] == ["a  0.1000 → 0.2000", "  … and long_name, 1 rows with these alone"]


def test_intervals_that_are_written_are_taken() -> None:
    old, new = ({"f1": value, "f1_low": value - 0.1, "f1_high": value + 0.1} for value in (0.5, 0.65))
    assert "*" not in show.changes(table(a=new), table(a=old), width=80)
    apart = {"f1": 0.75, "f1_low": 0.65, "f1_high": 0.85}
    assert "0.5000 → 0.7500 *" in show.changes(table(a=apart), table(a=old), width=80)


def test_another_revision_is_read_from_git(tmp_path: Path) -> None:
    write(tmp_path, masks={"unet": {"ods": 0.5}})
    commit(tmp_path)
    write(tmp_path, masks={"unet": {"ods": 0.75}})
    (old,) = show.read(tmp_path, revision="HEAD")
    (new,) = show.read(tmp_path)
    assert "0.5000 → 0.7500" in show.changes(new, old, width=80)
    with pytest.raises(CrackpipeError, match="--against gone: "):
        show.read(tmp_path, revision="gone")
