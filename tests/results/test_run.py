"""A run in a project of a few real DVC stages, with the project's own conf, command line and data layout."""

import contextlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError, DatasetError, ParamsError
from crackpipe.imaging import images
from crackpipe.results import run as results

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")]  # DVC's
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
    plots: [metrics/curve.json: {cache: false}]
"""
DRAW = """\
import pathlib
pathlib.Path("metrics").mkdir(exist_ok=True)
pathlib.Path("metrics/curve.json").write_text('[{"n": ' + pathlib.Path("data/counted").read_text() + "}]")
"""
TRUTH = "train_segmenter.labels=[truth]"
EVERY_LABEL = ["slice.stride_px=32"]


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def write_data(folder: Path) -> Path:
    """One crop of Crack500, in its authors' layout."""
    for split in ("train", "val", "test"):
        crops = folder / "crack500" / f"{split}crop"
        crops.mkdir(parents=True)
        name = f"2016_{split}_1_1"
        (crops / f"{name}.jpg").write_bytes(images.encode_jpeg(np.zeros((16, 16, 3), np.uint8), quality=90))
        (crops / f"{name}.png").write_bytes(images.encode_mask(np.eye(16, dtype=bool)))
    return folder


def write_project(folder: Path) -> Path:
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


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def run(project: Path, data: Path, *overrides: str, results_name: str = "crack500", until: Sequence[str] = ()) -> Path:
    return results.run(
        project,
        name="crack500",
        results=results_name,
        data=data,
        scale="cpu",
        overrides=overrides or (TRUTH, "slice.stride_px=32"),
        until=until,
        jobs=2,
    )


def begun(printed: str) -> list[str]:
    """Stages whose command was run."""
    return [line.partition(" · ")[0] for line in printed.splitlines() if line.endswith(" · begins")]


def scored(folder: Path) -> dict[str, int]:
    """Photographs that the run counted, by labels."""
    labels = json.loads((folder / "metrics/segmentation.json").read_text())["tiny"]
    return {label: sources["cfd"]["test"]["n"] for label, sources in labels.items()}


@dataclass(frozen=True, slots=True)
class Mended:
    """A project whose first run, for every label, failed at its last stage; then that stage was mended.

    Attributes:
        project: its folder.
        data: the folder of the photographs.
        fault: what the run that failed said.
        after_fault: the log of that run, and the names in the project's folder.
        folder: the results of the run after it.
        printed: what that run printed.
    """

    project: Path
    data: Path
    fault: str
    after_fault: tuple[str, list[str]]
    folder: Path
    printed: str


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Mended:
    """Tests leave its results, which later ones go on from, as they are."""
    top = tmp_path_factory.mktemp("mended")
    project, data = write_project(top / "project"), write_data(top / "data")
    (project / "score.py").write_text("raise SystemExit('no scores today')\n")
    git(project, "commit", "--quiet", "--all", "-m", "break")
    with pytest.raises(CrackpipeError) as fault:
        run(project, data, *EVERY_LABEL)
    after_fault = (project / ".runs/crack500.log").read_text(), sorted(path.name for path in project.iterdir())
    (project / "score.py").write_text(SCORE)
    git(project, "commit", "--quiet", "--all", "-m", "mend")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        folder = run(project, data, *EVERY_LABEL)
    return Mended(project, data, str(fault.value), after_fault, folder, printed.getvalue())


def test_a_run_leaves_the_working_tree_alone_and_writes_what_it_measured(mended: Mended):
    project, folder = mended.project, mended.folder
    assert folder == project / "results" / "crack500"
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True).stdout
    assert status == "?? results/\n"
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert written == ["metrics/segmentation.json", "params.yaml", "run.json"]
    heading = f"# Composed with dataset=crack500 scale=cpu {' '.join(EVERY_LABEL)}"
    assert (folder / "params.yaml").read_text().startswith(heading)
    assert scored(folder) == {"cam_location": 3, "truth": 3}
    record = json.loads((folder / "run.json").read_text())
    assert sorted(record) == [
        "beside",
        "code",
        "commit",
        "date",
        "dirty",
        "jobs",
        "machine",
        "overrides",
        "seconds",
        "total_seconds",
    ]
    assert record["overrides"] == EVERY_LABEL
    assert record["jobs"] == 2
    assert set(record["beside"]) <= {"label@cam_location", "label@truth"}  # they are short, and may miss each other
    assert sorted(record["seconds"]) == ["count", "label@cam_location", "label@truth", "score"]
    assert record["total_seconds"] == pytest.approx(sum(record["seconds"].values()), abs=0.11)
    assert record["dirty"] is False
    assert str(mended.data) not in "".join(path.read_text() for path in folder.rglob("*.*") if path.is_file())


def test_a_failed_run_goes_on_where_it_stopped(mended: Mended):
    assert re.search(
        r"crack500: stage score failed \(status 1\); its output is in \.runs/crack500\.log; mend", mended.fault
    )
    log, names = mended.after_fault
    assert "no scores today" in log
    assert "stage score failed" in log
    assert "results" not in names
    assert begun(mended.printed) == ["score"]


def test_one_clone_serves_several_folders_of_results(mended: Mended, capfd: pytest.CaptureFixture[str]):
    project, data, first = mended.project, mended.data, mended.folder
    record = json.loads((first / "run.json").read_text())
    before = {path: path.read_bytes() for path in first.rglob("*.*")}

    second = run(project, data, TRUTH, "slice.stride_px=16", results_name="crack500_semi")
    assert second == project / "results/crack500_semi"
    printed = capfd.readouterr().out
    assert "set aside what other overrides have left: label@cam_location\n" in printed
    assert begun(printed) == ["label@truth", "score"]
    assert scored(second) == {"truth": 3}
    semi = json.loads((second / "run.json").read_text())
    assert sorted(semi["seconds"]) == ["count", "label@truth", "score"]
    assert semi["seconds"]["count"] == record["seconds"]["count"]
    assert {path: path.read_bytes() for path in first.rglob("*.*")} == before
    assert sorted(path.name for path in (project / ".runs").iterdir() if path.is_dir()) == ["cache", "crack500"]

    assert scored(run(project, data, *EVERY_LABEL)) == {"cam_location": 3, "truth": 3}
    printed = capfd.readouterr().out
    assert begun(printed) == []
    took = json.loads((first / "run.json").read_text())["seconds"]
    assert took == record["seconds"]


def test_a_stage_that_another_clone_has_run_is_restored_and_not_run(
    project: Path, data: Path, capfd: pytest.CaptureFixture[str]
):
    overlay = project / "conf/dataset/crack500.yaml"
    shutil.copyfile(overlay, overlay.with_name("again.yaml"))
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "the same under another name")
    settings = {"data": data, "scale": "cpu", "overrides": EVERY_LABEL, "until": ()}
    first = results.run(project, name="crack500", results="crack500", **settings)
    assert "label@truth" in begun(capfd.readouterr().out)
    second = results.run(project, name="again", results="again", **settings)
    printed = capfd.readouterr().out
    for stage in ("count", "label@cam_location", "label@truth"):
        assert f"{stage} | Stage '{stage}' is cached - skipping run, checking out outputs" in printed
    assert begun(printed) == []
    assert (project / ".runs/again/data/counted").read_text() == "3"
    assert scored(second) == scored(first) == {"cam_location": 3, "truth": 3}
    one, other = (json.loads((folder / "run.json").read_text())["seconds"] for folder in (first, second))
    assert one == other
    assert not list((project / ".runs").glob("*/.dvc/cache"))


def test_figures_are_of_the_photographs_as_they_are_and_of_the_stages_that_a_run_needs_be_they_metrics_or_plots(
    project: Path, data: Path
):
    """Neither those of the demo, which a clone brings along, nor those of an earlier run with other parameters."""
    (project / "dvc.yaml").write_text(DVC_YAML + DRAW_YAML)
    (project / "draw.py").write_text(DRAW)
    (project / "metrics").mkdir()
    for name in ("curve", "segmentation"):
        (project / f"metrics/{name}.json").write_text('[{"of": "the demo"}]')
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "draw a curve")
    folder, curve = project / "results/crack500", project / "results/crack500/metrics/curve.json"

    def results_and_stages(*overrides: str, until: list[str]) -> tuple[list[str], list[str]]:
        assert run(project, data, *overrides, until=until) == folder
        seconds = json.loads((folder / "run.json").read_text())["seconds"]
        return sorted(path.name for path in (folder / "metrics").iterdir()), sorted(seconds)

    assert results_and_stages(until=["label"]) == ([], ["count", "label@truth"])
    counts = project / ".runs/crack500/data/ingest.json"
    counts.write_text("{}")  # how many photographs there are is kept whichever the last stage was
    assert results_and_stages(until=["label"]) == (["ingest.json"], ["count", "label@truth"])
    counts.unlink()
    crop = data / "crack500/testcrop/2016_test_1_1.jpg"
    crop.with_name("2016_test_2_2.jpg").write_bytes(crop.read_bytes())
    both = (["curve.json", "segmentation.json"], ["count", "draw", "label@truth", "score"])
    assert results_and_stages(TRUTH, "slice.stride_px=16", until=["score", "draw"]) == both
    assert scored(folder) == {"truth": 4}
    assert curve.read_text() == '[{"n": 4}]'
    assert results_and_stages(until=["draw"]) == (["curve.json"], ["count", "draw"])  # both skipped, and kept
    assert curve.read_text() == '[{"n": 4}]'


def test_a_stage_that_there_is_not_is_named_before_any_runs(project: Path, data: Path):
    with pytest.raises(CrackpipeError, match="--until: got 'lable', expected one of count, label, score"):
        run(project, data, until=["lable"])
    assert not (project / "results").exists()


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
