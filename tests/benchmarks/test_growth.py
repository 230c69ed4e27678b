"""Peak memory is that of the stage alone, and growth is judged by it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import growth
from benchmarks.growth import Cost
from benchmarks.photographs import Photograph


def run_peak(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "measured.py").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(growth.ROOT), str(folder)])}
    command = [sys.executable, "-m", "benchmarks.peak", "measured", "argument"]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_the_peak_holds_what_was_freed_again_and_nothing_of_the_caller(tmp_path: Path) -> None:
    caller = bytearray(200 << 20)  # would show if a child's peak began with its caller's
    caller[::4096] = b"x" * len(caller[::4096])
    done = run_peak(tmp_path, "block = bytearray(b'x' * (64 << 20))\ndel block\nimport sys\nassert sys.argv[1:]\n")
    assert done.returncode == 0, done.stderr
    found = Cost(**json.loads(done.stdout))
    assert 64 < found.peak_mib < 150
    assert 0 < found.seconds < 300


def test_a_failed_module_passes_its_status_on(tmp_path: Path) -> None:
    assert run_peak(tmp_path, "print('told'); raise SystemExit(3)").returncode == 3


@pytest.mark.parametrize(("last", "passed"), [(905, True), (1095, True), (1105, False), (895, False)])
def test_memory_may_differ_by_a_tenth(last: float, passed: bool) -> None:
    costs = [Cost(5.0, 1000), Cost(8.0, 1500), Cost(20.0, last)]
    found = growth.row(("segment", "unet"), [100, 400, 1600], costs)
    assert found.passed is passed
    assert found.cells == (
        "segment unet",
        "5.0 s, 1000 MiB",
        "8.0 s, 1500 MiB",
        f"20.0 s, {last} MiB",
        "10.0",
        f"{last / 1000:.3f}",
        "1 ± 0.1",
    )


@pytest.mark.nightly
def test_the_real_stages_run_in_a_temporary_project(tmp_path: Path, small: list[Photograph]) -> None:
    found = growth.measured(tmp_path, small, [1, 3])
    assert list(found) == [(count, stage) for count in (1, 3) for stage in growth.STAGES]
    assert all(cost.peak_mib > 100 for cost in found.values())
    assert (tmp_path / "data/masks/unet-soft_location/part-0000.parquet").is_file()
