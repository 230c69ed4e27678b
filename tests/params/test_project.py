"""A project: its folder and its parameters, opened at its root or found above a model."""

from pathlib import Path

import pytest
import torch

from crackpipe import params
from crackpipe.errors import ParamsError
from crackpipe.params.project import Project

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project on one thread, in half the processor's precision."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("device: auto", "device: cpu").replace("precision: auto", "precision: bf16", 1)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/params.yaml").write_text(text.replace("threads: 2", "threads: 1", 1), encoding="utf-8")
    return tmp_path / "site"


def test_an_opened_project_has_the_parameters_of_its_folder(root: Path):
    project = Project.open(root)
    assert project.params == params.load(root / "params.yaml")
    assert project.path("data/photos") == root / "data" / "photos"


def test_without_an_argument_the_working_directory_is_opened(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(root)
    assert Project.open() == Project(Path(), params.load(root / "params.yaml"))


def test_a_folder_without_parameters_is_no_project(tmp_path: Path):
    with pytest.raises(ParamsError, match=r"gone/params\.yaml: not found; run this in the project's folder"):
        Project.open(tmp_path / "gone")


def test_a_model_belongs_to_the_nearest_project_above_it(root: Path, monkeypatch: pytest.MonkeyPatch):
    inner = root / ".runs/crack500"
    inner.mkdir(parents=True)
    (inner / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    assert Project.above(inner / "models/clip") == Project.open(inner.resolve())
    assert Project.above(inner) == Project.open(root.resolve())  # above it, not in it
    monkeypatch.chdir(root)
    assert Project.above(Path("models/segmenter/unet-truth")) == Project.open(root.resolve())


def test_a_folder_outside_every_project_has_none_above_it(tmp_path: Path):
    assert Project.above(tmp_path / "models/clip") is None
    (tmp_path / "params.yaml").write_text("train: {lr: 0.1}  # of another program\n", encoding="utf-8")
    assert Project.above(tmp_path / "models/clip") is None


def test_the_runtime_is_that_of_the_section_unless_another_is_asked_for(root: Path):
    threads = torch.get_num_threads()
    project = Project.open(root)
    try:
        runtime = project.start_runtime()
        assert (runtime.device.type, runtime.autocast_dtype) == ("cpu", torch.bfloat16)
        assert torch.get_num_threads() == 1
        assert project.start_runtime(precision="fp32").autocast_dtype is None
    finally:
        torch.set_num_threads(threads)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused(root: Path):
    with pytest.raises(ParamsError, match=r"runtime\.device: got cuda, but no CUDA device is visible"):
        Project.open(root).start_runtime(device="cuda")
