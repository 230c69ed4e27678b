"""A run in a project of a few real DVC stages, with the project's own conf, command line and data layout."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError, DatasetError, ParamsError
from crackpipe.imaging import images
from crackpipe.results import run as results

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
DVC_YAML = """\
stages:
  count:
    cmd: python count.py
    deps: [count.py, data/raw]
    outs: [data/counted]
  label:
    matrix: {labels: "${train_segmenter.labels}"}
    cmd: python label.py ${item.labels}
    deps: [label.py, data/counted]
    params: [slice.stride_px]
    outs: ["data/masks/${item.labels}"]
  score:
    cmd: python score.py
    deps: [score.py, data/masks]
    metrics: [metrics/segmentation.json: {cache: false}]
"""
COUNT = """\
import pathlib
pathlib.Path("data/counted").write_text(str(len(list(pathlib.Path("data/raw").rglob("*.jpg")))))
"""
LABEL = """\
import pathlib, sys
pathlib.Path("data/masks").mkdir(exist_ok=True)
pathlib.Path("data/masks", sys.argv[1]).write_text(pathlib.Path("data/counted").read_text())
"""
SCORE = """\
import json, pathlib
found = {path.name: int(path.read_text()) for path in pathlib.Path("data/masks").iterdir() if path.name[0] != "."}
scores = {label: {"cfd": {"test": {"ods": 0.5, "ois": 0.6, "ap": 0.4, "n": n}}} for label, n in found.items()}
pathlib.Path("metrics").mkdir(exist_ok=True)
pathlib.Path("metrics/segmentation.json").write_text(json.dumps({"tiny": scores}))
"""
DRAW_YAML = """\
  draw:
    cmd: python draw.py
    deps: [draw.py, data/counted]
    params: [slice.stride_px]
    plots: [metrics/curve.json: {cache: false}]
"""
DRAW = """\
import pathlib
pathlib.Path("metrics").mkdir(exist_ok=True)
pathlib.Path("metrics/curve.json").write_text('[{"n": ' + pathlib.Path("data/counted").read_text() + "}]")
"""
TRUTH = "train_segmenter.labels=[truth]"


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One crop of Crack500, in its authors' layout."""
    for split in ("train", "val", "test"):
        folder = tmp_path / "data" / "crack500" / f"{split}crop"
        folder.mkdir(parents=True)
        name = f"2016_{split}_1_1"
        (folder / f"{name}.jpg").write_bytes(images.encode_jpeg(np.zeros((16, 16, 3), np.uint8), quality=90))
        (folder / f"{name}.png").write_bytes(images.encode_mask(np.eye(16, dtype=bool)))
    return tmp_path / "data"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "conf", folder / "conf")
    overlay = (
        "# @package _global_\n"
        "ingest:\n  sources:\n    - {name: crack500, split: own, limit: null}\n"
        "train_segmenter: {labels: [cam_location, truth]}\n"
        "self_label: {labels: []}\n"
    )
    (folder / "conf/dataset/crack500.yaml").write_text(overlay)
    for name, text in {"dvc.yaml": DVC_YAML, "count.py": COUNT, "label.py": LABEL, "score.py": SCORE}.items():
        (folder / name).write_text(text)
    (folder / ".gitignore").write_text("/.runs/\n__pycache__/\n")
    shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def run(project: Path, data: Path, *overrides: str, results_name: str = "crack500", until: Sequence[str] = ()) -> Path:
    return results.run(
        project,
        name="crack500",
        results=results_name,
        data=data,
        scale="cpu",
        overrides=overrides or (TRUTH, "slice.stride_px=32"),
        until=until,
    )


def scored(folder: Path) -> dict[str, int]:
    """Photographs that the run counted, by labels."""
    labels = json.loads((folder / "metrics/segmentation.json").read_text())["tiny"]
    return {label: sources["cfd"]["test"]["n"] for label, sources in labels.items()}


def test_a_run_leaves_the_working_tree_alone_and_writes_what_it_measured(project: Path, data: Path):
    folder = run(project, data)
    assert folder == project / "results" / "crack500"
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True).stdout
    assert status == "?? results/\n"
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert written == ["metrics/segmentation.json", "params.yaml", "run.json"]
    heading = f"# Composed with dataset=crack500 scale=cpu {TRUTH} slice.stride_px=32"
    assert (folder / "params.yaml").read_text().startswith(heading)
    assert scored(folder) == {"truth": 3}
    record = json.loads((folder / "run.json").read_text())
    assert sorted(record) == ["commit", "date", "dirty", "machine", "overrides", "seconds", "total_seconds"]
    assert record["overrides"] == [TRUTH, "slice.stride_px=32"]
    assert sorted(record["seconds"]) == ["count", "label@truth", "score"]
    assert record["total_seconds"] == pytest.approx(sum(record["seconds"].values()), abs=0.11)
    assert record["dirty"] is False
    assert str(data) not in "".join(path.read_text() for path in folder.rglob("*.*") if path.is_file())


def test_a_run_until_a_stage_keeps_no_figures_of_those_after_it(project: Path, data: Path):
    (project / "metrics").mkdir()
    (project / "metrics/segmentation.json").write_text('{"of": "the demo"}')
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "figures of the demo")
    folder = run(project, data, until=["label"])
    assert sorted(json.loads((folder / "run.json").read_text())["seconds"]) == ["count", "label@truth"]
    assert list((folder / "metrics").iterdir()) == []
    assert scored(run(project, data)) == {"truth": 3}


def test_figures_are_of_the_stages_that_a_run_needs_be_they_metrics_or_plots(project: Path, data: Path):
    """Neither those of the demo, which a clone brings along, nor those of an earlier run with other parameters."""
    (project / "dvc.yaml").write_text(DVC_YAML + DRAW_YAML)
    (project / "draw.py").write_text(DRAW)
    (project / "metrics").mkdir()
    for name in ("curve", "segmentation"):
        (project / f"metrics/{name}.json").write_text('[{"of": "the demo"}]')
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "draw a curve")

    def results_and_stages(*overrides: str, until: list[str]) -> tuple[list[str], list[str]]:
        folder = run(project, data, *overrides, until=until)
        seconds = json.loads((folder / "run.json").read_text())["seconds"]
        return sorted(path.name for path in (folder / "metrics").iterdir()), sorted(seconds)

    assert results_and_stages(until=["draw"]) == (["curve.json"], ["count", "draw"])
    assert (project / "results/crack500/metrics/curve.json").read_text() == '[{"n": 3}]'
    both = (["curve.json", "segmentation.json"], ["count", "draw", "label@truth", "score"])
    assert results_and_stages(until=["score", "draw"]) == results_and_stages(until=[]) == both
    assert results_and_stages(TRUTH, "slice.stride_px=16", until=["label"]) == ([], ["count", "label@truth"])
    assert results_and_stages(until=["draw"]) == (
        ["curve.json"],
        ["count", "draw"],
    )  # skipped, and its figures are those of these


def test_a_stage_that_there_is_not_is_named_before_any_runs(project: Path, data: Path):
    with pytest.raises(CrackpipeError, match="--until: got 'lable', expected one of count, label, score"):
        run(project, data, until=["lable"])
    assert not (project / "results").exists()


def test_a_failed_run_goes_on_where_it_stopped(project: Path, data: Path, capfd: pytest.CaptureFixture[str]):
    (project / "score.py").write_text("raise SystemExit('no scores today')\n")
    git(project, "commit", "--quiet", "--all", "-m", "break")
    with pytest.raises(CrackpipeError, match=r"stage score failed .* its output is in \.runs/crack500\.log; mend"):
        run(project, data)
    assert "no scores today" in (project / ".runs/crack500.log").read_text()
    assert not (project / "results").exists()
    (project / "score.py").write_text(SCORE)
    git(project, "commit", "--quiet", "--all", "-m", "mend")
    capfd.readouterr()
    run(project, data)
    printed = capfd.readouterr().out
    assert "Stage 'count' didn't change, skipping" in printed
    assert "Running stage 'score'" in printed


def test_changed_photographs_run_the_stages_again(project: Path, data: Path):
    run(project, data)
    (data / "crack500/testcrop/2016_test_2_2.jpg").write_bytes(
        (data / "crack500/testcrop/2016_test_1_1.jpg").read_bytes()
    )
    assert scored(run(project, data)) == {"truth": 4}


def test_one_clone_serves_several_folders_of_results(project: Path, data: Path, capfd: pytest.CaptureFixture[str]):
    first = run(project, data, "slice.stride_px=32")
    record = json.loads((first / "run.json").read_text())
    every = sorted(scored(first))
    assert len(every) > 1
    before = {path: path.read_bytes() for path in first.rglob("*.*")}
    capfd.readouterr()

    second = run(project, data, TRUTH, "slice.stride_px=16", results_name="crack500_semi")
    assert second == project / "results/crack500_semi"
    printed = capfd.readouterr().out
    others = ", ".join(f"label@{label}" for label in every if label != "truth")
    assert f"set aside what other overrides have left: {others}\n" in printed
    assert "Stage 'count' didn't change, skipping" in printed
    assert "Running stage 'label@truth'" in printed
    assert scored(second) == {"truth": 3}
    semi = json.loads((second / "run.json").read_text())
    assert sorted(semi["seconds"]) == ["count", "label@truth", "score"]
    assert semi["seconds"]["count"] == record["seconds"]["count"]
    assert {path: path.read_bytes() for path in first.rglob("*.*")} == before
    assert sorted(path.name for path in (project / ".runs").iterdir() if path.is_dir()) == ["crack500"]

    assert scored(run(project, data, "slice.stride_px=32")) == dict.fromkeys(every, 3)
    printed = capfd.readouterr().out
    assert "Running stage 'label" not in printed
    again = json.loads((first / "run.json").read_text())
    assert again["seconds"] == record["seconds"]


def test_missing_data_and_wrong_keys_stop_before_any_work(project: Path, data: Path, tmp_path: Path):
    with pytest.raises(DatasetError, match="elsewhere/crack500: dataset crack500 is not here"):
        run(project, tmp_path / "elsewhere")
    with pytest.raises(ParamsError, match=r"slice\.strid_px: unknown key"):
        run(project, data, "slice.strid_px=1")
    with pytest.raises(ParamsError, match="dataset=roads: no such dataset"):
        results.run(project, name="roads", results="roads", data=data, scale="cpu", overrides=[], until=[])
    with pytest.raises(ParamsError, match=r"ingest\.raw: got /photographs, but a run on other data links them"):
        run(project, data, "ingest.raw=/photographs")
    for name in ("../elsewhere", "", ".hidden", "a/b"):
        with pytest.raises(CrackpipeError, match=r"--results: got .*; expected a plain name such as crack500_labels"):
            run(project, data, results_name=name)
    assert not (project / ".runs").exists()


def test_a_second_run_at_the_same_time_is_refused(project: Path):
    (project / ".runs").mkdir()
    under_way = results._locked(project / ".runs/crack500.lock", name="crack500")
    second = results._locked(project / ".runs/crack500.lock", name="crack500")
    with under_way, pytest.raises(CrackpipeError, match="crack500: this dataset is being run already"), second:
        pass
