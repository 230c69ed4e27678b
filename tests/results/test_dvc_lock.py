"""What other overrides have left goes, what the stages share stays, and each stage keeps its own time."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crackpipe.results import dvc_lock
from crackpipe.results.dvc_lock import Took


def entry(cmd: str, *outs: str, md5: str = "a1", **params: Any) -> dict[str, Any]:
    listed = [{"path": path, "hash": "md5", "md5": "ff", "size": 1} for path in outs]
    return {
        "cmd": cmd,
        "deps": [{"path": "data/photos", "hash": "md5", "md5": md5, "size": 9}],
        "params": {"params.yaml": params},
        "outs": listed,
    }


def lock(folder: Path, **stages: dict[str, Any]) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    with (folder / "dvc.lock").open("w", encoding="utf-8") as stream:
        yaml.dump({"schema": "2.0", "stages": {k.replace("__", "@"): v for k, v in stages.items()}}, stream)


def names(folder: Path) -> list[str]:
    return sorted(YAML(typ="safe").load((folder / "dvc.lock").read_text(encoding="utf-8"))["stages"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cells of segmenters, one of them from other overrides."""
    clone = tmp_path / "clone"
    for place in ("data/masks/oed-truth", "data/masks/oed-cam"):
        (clone / place).mkdir(parents=True)
        (clone / place / "part-0000.parquet").write_text("rows")
    (clone / "metrics").mkdir()
    (clone / "metrics/old.json").write_text("{}")
    lock(
        clone,
        segment__oed_truth=entry("python -m s oed truth", "data/masks/oed-truth"),
        segment__oed_cam=entry("python -m s oed cam", "data/masks/oed-cam"),
        old=entry("python old.py", "metrics/old.json", "data/masks/oed-truth", "data/never_written"),
    )
    return clone


def test_outputs_and_entries_of_other_stages_go(folder: Path) -> None:
    assert dvc_lock.drop_others(folder, keep=["ingest", "segment@oed_cam"]) == ["old", "segment@oed_truth"]
    assert names(folder) == ["segment@oed_cam"]
    assert [path.name for path in (folder / "data/masks").iterdir()] == ["oed-cam"]
    assert not (folder / "metrics/old.json").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["data", "dvc.lock", "metrics"]


def test_an_output_that_a_kept_stage_writes_too_stays(folder: Path) -> None:
    assert dvc_lock.drop_others(folder, keep=["segment@oed_truth", "segment@oed_cam"]) == ["old"]
    assert (folder / "data/masks/oed-truth/part-0000.parquet").read_text() == "rows"


def test_a_link_is_removed_and_not_what_it_points_at(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (folder / "data/linked").symlink_to(precious)
    lock(folder, old=entry("python old.py", "data/linked"))
    dvc_lock.drop_others(folder, keep=[])
    assert not (folder / "data/linked").is_symlink()
    assert precious.is_dir()


def test_nothing_to_drop_leaves_the_file_as_it_is(folder: Path, tmp_path: Path) -> None:
    before = (folder / "dvc.lock").read_bytes(), (folder / "dvc.lock").stat().st_mtime_ns
    assert dvc_lock.drop_others(folder, keep=["old", "segment@oed_cam", "segment@oed_truth", "new"]) == []
    assert ((folder / "dvc.lock").read_bytes(), (folder / "dvc.lock").stat().st_mtime_ns) == before
    assert dvc_lock.drop_others(tmp_path, keep=["ingest"]) == []


def test_a_stage_has_the_time_of_when_it_ran_on_the_same_inputs(tmp_path: Path) -> None:
    history = tmp_path / "seconds.json"
    train, semi = entry("train", unlabelled=[]), entry("train", unlabelled=["test"])
    lock(tmp_path, train=train)
    dvc_lock.remember(tmp_path, {"train": Took(10.0)}, ran={"train"}, history=history)
    lock(tmp_path, train=semi)
    dvc_lock.remember(tmp_path, {"train": Took(25.0)}, ran={"train"}, history=history)
    assert dvc_lock.recall(tmp_path, history=history) == {"train": Took(25.0)}
    lock(tmp_path, train=train)  # DVC takes it from its cache: it does not run, and the last time is of another run
    dvc_lock.remember(tmp_path, {"train": Took(25.0)}, ran=set(), history=history)
    assert dvc_lock.recall(tmp_path, history=history) == {"train": Took(10.0)}


@pytest.mark.parametrize("changed", [entry("other"), entry("train", md5="b2"), entry("train", epochs=3)])
def test_another_command_input_or_parameter_is_another_stage(tmp_path: Path, changed: dict[str, Any]) -> None:
    history = tmp_path / "seconds.json"
    lock(tmp_path, train=entry("train"))
    dvc_lock.remember(tmp_path, {"train": Took(10.0)}, ran={"train"}, history=history)
    lock(tmp_path, train=changed)
    assert dvc_lock.recall(tmp_path, history=history) == {}


def test_a_stage_that_runs_again_on_the_same_inputs_has_its_last_time(tmp_path: Path) -> None:
    history = tmp_path / "seconds.json"
    lock(tmp_path, train=entry("train", "one"))
    dvc_lock.remember(tmp_path, {"train": Took(10.0)}, ran={"train"}, history=history)
    lock(tmp_path, train=entry("train", "two"))
    dvc_lock.remember(tmp_path, {"train": Took(12.0)}, ran={"train"}, history=history)
    assert dvc_lock.recall(tmp_path, history=history) == {"train": Took(12.0)}


def test_a_time_that_was_not_noted_when_the_stage_ran_is_taken_over(tmp_path: Path) -> None:
    history = tmp_path / "seconds.json"
    lock(tmp_path, ingest=entry("ingest"), train=entry("train"))
    dvc_lock.remember(tmp_path, {"ingest": Took(3.0), "gone": Took(9.0)}, ran=set(), history=history)
    assert dvc_lock.recall(tmp_path, history=history) == {"ingest": Took(3.0)}


def test_a_stage_whose_results_another_clone_has_made_has_the_time_that_it_took_there(tmp_path: Path) -> None:
    own, other = tmp_path / "own.json", tmp_path / "other.json"
    lock(tmp_path, train=entry("train"))
    dvc_lock.remember(tmp_path, {"train": Took(10.0)}, ran={"train"}, history=other)
    dvc_lock.remember(tmp_path, {"train": Took(25.0)}, ran=set(), history=own, others=[other])  # of other inputs
    assert dvc_lock.recall(tmp_path, history=own, others=[other]) == {"train": Took(10.0)}
    dvc_lock.remember(tmp_path, {"train": Took(12.0)}, ran={"train"}, history=own, others=[other])
    assert dvc_lock.recall(tmp_path, history=own, others=[other]) == {"train": Took(12.0)}


def test_without_a_lock_file_there_are_no_times(tmp_path: Path) -> None:
    dvc_lock.remember(tmp_path, {"train": Took(1.0)}, ran={"train"}, history=tmp_path / "seconds.json")
    assert dvc_lock.recall(tmp_path, history=tmp_path / "seconds.json") == {}


def test_outputs_are_moved_where_they_are_not_to_be_lost_and_the_other_lines_of_the_lock_stay(folder: Path) -> None:
    before = (folder / "dvc.lock").read_text(encoding="utf-8")
    for _ in range(2):  # what an earlier call has moved gives way
        aside = folder / ".runs/aside"
        assert dvc_lock.drop_others(folder, keep=["old", "segment@oed_truth"], aside=aside) == ["segment@oed_cam"]
        assert (aside / "data/masks/oed-cam/part-0000.parquet").read_text() == "rows"
        assert not (folder / "data/masks/oed-cam").exists()
        assert set((folder / "dvc.lock").read_text(encoding="utf-8").splitlines()) <= set(before.splitlines())
        (folder / "dvc.lock").write_text(before, encoding="utf-8")
        (folder / "data/masks/oed-cam").mkdir()
        (folder / "data/masks/oed-cam/part-0000.parquet").write_text("rows")
