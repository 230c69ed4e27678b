"""The page of a run: its figures, the papers' tables, plots that DVC fills, pictures; all in one file."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
TABLE = PaperTable("Few labels", ["method", "F1"], [["theirs", "98.98"], ["mine: linear", "77.30"]], 1, ["A note."])

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with figures, a plot and a picture, as stages leave them."""
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (tmp_path / "metrics/plots/images").mkdir(parents=True)
    figures = {
        "summary": {"best_segmenter": {"ods": 0.437}},
        "classifier": {"test": {"demo": {"f1": 0.79, "n": 12}}, "<odd>": {"f1": 0.5}},
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
    assert "<odd>" in page.inner_text("#tables")


def test_the_same_run_gives_the_same_bytes(project: Path) -> None:
    first = run_page.write(project, []).read_bytes()
    assert b"papers-heading" not in first
    assert run_page.write(project, []).read_bytes() == first


def test_a_project_without_figures_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    with pytest.raises(CrackpipeError, match="holds no metrics; `dvc repro` writes them"):
        run_page.write(tmp_path, [])
