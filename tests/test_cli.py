import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def crackpipe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "crackpipe", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    return tmp_path


def test_configure_writes_params_that_the_check_accepts(project: Path):
    written = crackpipe(project, "configure", "dataset=demo", "slice.stride_px=32")
    assert written.stdout == "wrote params.yaml: dataset=demo scale=cpu slice.stride_px=32\n"
    checked = crackpipe(project, "configure", "--check")
    assert (checked.returncode, checked.stdout) == (0, "params.yaml is valid\n")
    composed = crackpipe(project, "configure", "--check", "--composed")
    assert composed.returncode == 1
    assert "slice.stride_px: got 32; expected 64" in composed.stderr
    alone = crackpipe(project, "configure", "--composed")
    assert (alone.returncode, alone.stdout) == (1, "")
    assert "--composed checks, and writes nothing: pass --check with it" in alone.stderr


def test_a_fault_in_params_fails_at_once_without_a_traceback(project: Path):
    crackpipe(project, "configure")
    path = project / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("stride_px: 64", "strid_px: 64", 1), encoding="utf-8")
    started = time.monotonic()
    done = crackpipe(project, "configure", "--check")
    assert time.monotonic() - started < 3
    assert done.returncode == 1
    assert done.stderr.startswith("error: params.yaml: 2 fault(s)\n")
    assert "slice.strid_px: unknown key; did you mean stride_px?" in done.stderr
    assert "Traceback" not in done.stderr


def test_starting_imports_nothing_heavy():
    code = "import sys, crackpipe.cli; print([m for m in ('torch', 'cv2', 'pyarrow', 'hydra') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_datasets_are_listed_with_what_lies_in_the_folder(project: Path):
    done = crackpipe(project, "datasets")
    assert done.returncode == 0
    assert "\ncrack500\n" in done.stdout
    assert "  found: not here\n" in done.stdout


def test_compare_without_a_run_prints_the_papers_tables(project: Path):
    done = crackpipe(project, "compare")
    assert "CrackCLIP                      61.31 / 68.58 / 59.33  40.80 / 41.74 / 31.81" in done.stdout


def test_compare_with_a_folder_that_holds_no_run_says_how_to_write_one(project: Path):
    done = crackpipe(project, "compare", "conf")
    assert done.returncode == 1
    assert done.stderr == "error: conf: holds no run (run.json is missing); write one with `crackpipe run conf`\n"


def test_a_run_without_its_data_fails_before_any_work(project: Path):
    done = crackpipe(project, "run", "crack500", "--data", "nowhere")
    assert done.returncode == 1
    assert "nowhere/crack500: dataset crack500 is not here" in done.stderr
    assert not (project / ".runs").exists()
