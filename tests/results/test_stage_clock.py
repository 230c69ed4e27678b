from pathlib import Path

from crackpipe.results import stage_clock
from crackpipe.results.stage_clock import StageClock


def read(clock: StageClock, *lines: tuple[float, str]) -> StageClock:
    for now, line in lines:
        clock.read(f"{line}\n", now=now)
    return clock


def test_a_stage_lasts_until_dvc_updates_its_lock_file():
    clock = read(
        StageClock(),
        (10.0, "Running stage 'ingest':"),
        (10.1, "> python -m pipeline.ingest"),
        (14.0, "Updating lock file 'dvc.lock'"),
        (20.0, "Running stage 'segment@a-b':"),
        (21.5, "Updating lock file 'dvc.lock'"),
        (30.0, "Use `dvc push` to send your updates to remote storage."),
    )
    assert clock.seconds == {"ingest": 4.0, "segment@a-b": 1.5}
    assert clock.finished == {"ingest": True, "segment@a-b": True}


def test_an_interrupted_attempt_is_added_to():
    clock = read(StageClock(), (0.0, "Running stage 'train':"), (5.0, "epoch 1"))
    clock.stop(now=6.0, finished=False)
    read(clock, (100.0, "Running stage 'train':"), (103.0, "Updating lock file 'dvc.lock'"))
    assert clock.seconds == {"train": 9.0}


def test_a_finished_stage_that_runs_again_starts_from_zero():
    again = ((0.0, "Running stage 'train':"), (5.0, "Updating lock file 'dvc.lock'"))
    clock = read(StageClock(), *again, (50.0, "Running stage 'train':"), (52.0, "Updating lock file 'dvc.lock'"))
    assert clock.seconds == {"train": 2.0}


def test_a_skipped_stage_keeps_what_it_had():
    clock = read(StageClock(), (0.0, "Running stage 'train':"), (5.0, "Updating lock file 'dvc.lock'"))
    read(clock, (50.0, "Stage 'train' didn't change, skipping"), (60.0, "Data and pipelines are up to date."))
    assert clock.seconds == {"train": 5.0}


def test_stages_that_a_run_has_come_to_are_needed_whether_they_ran_or_not(tmp_path: Path):
    clock = read(
        StageClock(seconds={"earlier": 3.0}, finished={"earlier": True}),
        (0.0, "Stage 'ingest' didn't change, skipping"),
        (1.0, "Stage 'segment@a-b' is cached - skipping run, checking out outputs"),
        (2.0, "Running stage 'train':"),
    )
    assert clock.needed == {"ingest", "segment@a-b", "train"}
    clock.save(tmp_path / "clock.json")
    assert stage_clock.load(tmp_path / "clock.json").needed == set()


def test_a_clock_is_the_same_after_saving_and_loading(tmp_path: Path):
    clock = read(StageClock(), (0.0, "Running stage 'train':"), (5.0, "epoch 1"))
    clock.save(tmp_path / "clock.json")
    loaded = stage_clock.load(tmp_path / "clock.json")
    assert (loaded.seconds, loaded.finished) == ({"train": 5.0}, {"train": False})
    assert stage_clock.load(tmp_path / "none.json") == StageClock()
