"""What `pip install .` brings is enough for photographs: nothing of the pipeline's packages is imported."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crackpipe.data.demo import photographs

WITHOUT = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, NotInstalled())
find_spec = __import__("importlib.util").util.find_spec
__import__("importlib.util").util.find_spec = lambda name: None if name in {names} else find_spec(name)
"""
COMMAND = "from crackpipe.cli.app import app\napp()"


def modules_of_the_pipeline() -> set[str]:
    """Top-level modules of the packages of the extra ``pipeline``, which the base does not need."""
    wanted = importlib.metadata.requires("crackpipe") or []
    names = {re.split(r"[^\w.-]", one)[0] for one in wanted if re.search(r"extra == .pipeline", one)}
    spelt = {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    by_module = importlib.metadata.packages_distributions()
    return {
        module
        for module, packages in by_module.items()
        if module.isidentifier() and {re.sub(r"[-_.]+", "-", name).lower() for name in packages} & spelt
    }


def crackpipe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, COMMAND, *arguments)


def run(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT.format(names=modules_of_the_pipeline()) + code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_photographs_are_inspected_without_the_packages_of_the_pipeline(tmp_path: Path) -> None:
    assert {"torch", "dvc", "pyro", "timm", "sklearn"} <= modules_of_the_pipeline()
    (tmp_path / "photos").mkdir()
    cracked = next(photo for photo in photographs(photos=9, side_px=256, seed=0) if photo.read_mask().any())
    (tmp_path / "photos/wall.jpg").write_bytes(cracked.read_image())
    done = crackpipe(tmp_path, "inspect", "photos", "--mm-per-px", "0.2", "--out", "survey")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "survey/report.html").is_file()
    assert len(pd.read_csv(tmp_path / "survey/cracks.csv")) >= 1
    assert crackpipe(tmp_path, "report", "survey").returncode == 0
    assert "unet-crack500" in crackpipe(tmp_path, "models").stdout
    code = "import crackpipe; print(crackpipe.load_segmenter()('photos/wall.jpg').crack().any())"
    assert run(tmp_path, code).stdout == "True\n"


@pytest.mark.slow
def test_what_needs_the_pipeline_says_so(tmp_path: Path) -> None:
    done = crackpipe(tmp_path, "export", "onnx", "unet-crack500")
    assert done.returncode == 1
    missing = r"error: this needs the package torch, which is not installed; .*pip install 'crackpipe\[pipeline\]'"
    assert re.match(missing, done.stderr)
