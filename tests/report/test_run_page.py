"""The page of a run: its figures, the papers' tables, plots that DVC fills, pictures; all in one file."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from text_files import ROOT
from typer.testing import CliRunner

from crackpipe.cli import app
from crackpipe.errors import CrackpipeError
from crackpipe.imaging import images
from crackpipe.report import run_page
from crackpipe.report.run_page import PaperTable

DVC_YAML = """
plots:
  - losses:
      title: Loss by step
      template: simple
      x: step
      y: {metrics/losses.json: loss}
  - metrics/plots/images
"""
ROWS = [["theirs", "98.98", "CLIP"], ["mine: linear", "77.30", "a small encoder"]]
TABLE = PaperTable("Few labels", ["method", "F1", "stands on"], ROWS, 1, ["stands on"], ["A note."])

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with figures, a plot and a picture, as stages leave them."""
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (tmp_path / "metrics/plots/images").mkdir(parents=True)
    figures = {
        "summary": {"best_segmenter": {"ods": 0.437}},
        "classifier": {"test": {"demo": {"f1": 0.79, "f1_std": 0.01, "n": 12345}}, "<odd>": {"f1": 0.5}},
        "losses": [{"step": step, "loss": 1 / step} for step in range(1, 5)],
    }
    for name, tree in figures.items():
        (tmp_path / f"metrics/{name}.json").write_text(json.dumps(tree), encoding="utf-8")
    picture = images.encode_jpeg(np.full((8, 12, 3), 90, np.uint8), quality=90)
    (tmp_path / "metrics/plots/images/demo-all.jpg").write_bytes(picture)
    return tmp_path


def test_the_page_shows_figures_papers_plots_and_pictures_and_asks_nothing_of_a_network(
    project: Path, show: Any
) -> None:
    path = run_page.write(project, [TABLE])
    page = show(path)
    shown = page.inner_text("main")
    for text in ("best segmenter", "0.437", "theirs", "mine: linear", "A note.", "Loss by step", "demo-all"):
        assert text in shown
    assert page.locator("tr.own th").all_inner_texts() == ["mine: linear"]
    assert page.locator("figure svg").count() == 1
    assert page.locator("figure img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [12, 8]
    assert page.locator("summary").all_inner_texts() == ["Few labels", "classifier"]
    page.get_by_text("classifier", exact=True).click()
    assert "test demo" in page.inner_text("#tables")
    told = page.inner_text("#tables")
    assert all(text in told for text in ("<odd>", "0.7900 ± 0.0100", "12345"))
    assert "f1_std" not in told


def test_the_same_run_gives_the_same_bytes(project: Path) -> None:
    first = run_page.write(project, []).read_bytes()
    assert b"papers-heading" not in first
    assert run_page.write(project, []).read_bytes() == first


def test_a_project_without_plots_has_a_page_and_one_outside_git_has_no_commit(project: Path) -> None:
    (project / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    shutil.rmtree(project / ".git")
    (project / ".dvc/config").write_text("[core]\n    no_scm = True\n", encoding="utf-8")
    page = run_page.write(project, []).read_text(encoding="utf-8")
    assert "plots-heading" not in page
    assert "commit" not in page


def test_a_plot_that_cannot_be_read_is_named(project: Path) -> None:
    (project / "metrics/losses.json").unlink()
    with pytest.raises(
        CrackpipeError, match=r"plot 'losses': .*losses.json.*; `dvc repro` writes what plots show, or mend"
    ):
        run_page.write(project, [])


def test_what_dvc_cannot_read_is_told_in_its_words(project: Path) -> None:
    (project / "dvc.yaml").write_text("plots: [", encoding="utf-8")
    with pytest.raises(
        CrackpipeError, match=r"unable to read: 'dvc.yaml'.*; `dvc repro` writes what plots show, or mend dvc.yaml"
    ):
        run_page.write(project, [])


@pytest.mark.parametrize(
    ("name", "kind"), [("a.PNG", "png"), ("a.jpg", "jpeg"), ("a.svg", "svg+xml"), ("a.gif", "gif")]
)
def test_pictures_keep_their_kind(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert run_page._data_uri(tmp_path / name) == f"data:image/{kind};base64,eA=="


def test_clips_of_drawings_have_names_of_their_own_and_texts_stay() -> None:
    svg = '<clipPath id="clip7"/><g clip-path="url(#clip7)"><text>clip7 of run</text></g>'
    assert run_page._numbered(svg, 3) == (
        '<clipPath id="part-3-0"/><g clip-path="url(#part-3-0)"><text>clip7 of run</text></g>'
    )


def test_the_command_writes_the_page_of_a_run_with_the_papers_rows(project: Path) -> None:
    shutil.copy(ROOT / "params.yaml", project)
    figures = {"test": {"sources": {"crack500": {"f1": 0.5, "precision": 0.25, "recall": 0.75, "n": 7}}}}
    (project / "metrics/classifier.json").write_text(json.dumps(figures), encoding="utf-8")
    done = CliRunner().invoke(app.commands, ["report", str(project)])
    assert done.exit_code == 0, done.output
    page = (project / "report.html").read_text(encoding="utf-8")
    assert "Patch classifiers" in page
    assert "50.00 / 25.00 / 75.00" in page
    refused = CliRunner().invoke(app.commands, ["report", str(project), "--pictures", "3"])
    assert "whose page takes neither --classes nor --pictures" in str(refused.exception)


def test_a_project_without_figures_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    with pytest.raises(CrackpipeError, match="holds no metrics; `dvc repro` writes them"):
        run_page.write(tmp_path, [])
