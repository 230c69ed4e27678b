"""What `pip install .` brings: the package with its data, and a command that works outside the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("crackpipe", "conf", "pyproject.toml", "README.md", "LICENSE")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, as building leaves folders beside the sources."""
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder / "dist"), str(folder))
    (built,) = (folder / "dist").glob("crackpipe-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the package and ``bin/crackpipe``."""
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    return folder


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_wheel_holds_every_source_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "crackpipe").rglob("*")
        if path.suffix in (".py", ".pyi", ".json", ".yaml", ".typed", ".html", ".css", ".js", ".safetensors", ".onnx")
        and path.is_file()
    }
    assert {"crackpipe/py.typed", "crackpipe/results/published.json", "crackpipe/params/defaults.yaml"} < sources
    assert "crackpipe/__init__.pyi" in sources
    assert {name for name in names if ".dist-info/" not in name} == sources | {"crackpipe/py.typed"}


def test_the_command_runs_in_any_folder_and_says_where_a_project_is_needed(installed: Path, tmp_path: Path) -> None:
    command = str(installed / "bin/crackpipe")
    assert run(installed, tmp_path, command, "--help").stdout.startswith("Usage: ")
    assert "CrackCLIP" in run(installed, tmp_path, command, "compare").stdout
    done = run(installed, tmp_path, command, "pack", "folder")
    assert done.returncode == 1
    assert done.stderr.startswith("error: params.yaml: not found; run this in the project's folder")


def test_the_installed_package_knows_its_defaults(installed: Path, tmp_path: Path) -> None:
    code = "import crackpipe; print(crackpipe.__file__); print(crackpipe.params.defaults().ingest.raw)"
    assert run(installed, tmp_path, "-c", code).stdout.split() == [str(installed / "crackpipe/__init__.py"), "data/raw"]
