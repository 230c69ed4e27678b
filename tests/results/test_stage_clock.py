from pathlib import Path

from crackpipe.results import stage_clock
from crackpipe.results.stage_clock import StageClock


def read(clock: StageClock, *lines: tuple[float, str]) -> StageClock:
    for now, line in lines:
        clock.read(f"{line}\n", now=now)
    return clock


def test_a_stage_lasts_from_its_command_until_it_is_said_to_have_ended():
    clock = read(
        StageClock(),
        (9.0, "Data and pipelines are not up to date"),
        (10.0, "ingest · begins"),
        (11.0, "ingest | > python -m pipeline.ingest"),
        (12.0, "ingest | took 4.0 s"),  # the stage says so itself
        (14.0, "ingest · took 4.0 s"),
        (20.0, "segment@a-b · begins"),
        (21.5, "segment@a-b · took 1.5 s"),
        (30.0, "the end"),
    )
    assert clock.seconds == {"ingest": 4.0, "segment@a-b": 1.5}
    assert clock.finished == {"ingest": True, "segment@a-b": True}
    assert clock.running == {}


def test_of_stages_side_by_side_each_has_its_own_time():
    clock = read(
        StageClock(),
        (0.0, "left · begins"),
        (1.0, "right · begins"),
        (4.0, "left · failed after 4.0 s"),
        (9.0, "right · took 8.0 s"),
    )
    assert clock.seconds == {"left": 4.0, "right": 8.0}
    assert clock.finished == {"left": False, "right": True}
    assert clock.failed == ["left"]
    assert clock.beside == {"left", "right"}
    read(clock, (20.0, "right · begins"), (21.0, "right · took 1.0 s"))
    assert clock.beside == {"left"}


def test_an_interrupted_attempt_is_added_to():
    clock = read(StageClock(), (0.0, "train · begins"), (5.0, "train | epoch 1"))
    clock.interrupt(now=6.0)
    assert clock.finished == {"train": False}
    read(clock, (100.0, "train · begins"), (103.0, "train · took 3.0 s"))
    assert clock.seconds == {"train": 9.0}


def test_a_finished_stage_that_runs_again_starts_from_zero():
    again = ((0.0, "train · begins"), (5.0, "train · took 5.0 s"))
    clock = read(StageClock(), *again, (50.0, "train · begins"), (52.0, "train · took 2.0 s"))
    assert clock.seconds == {"train": 2.0}


def test_a_stage_that_is_not_run_keeps_what_it_had():
    clock = read(StageClock(), (0.0, "train · begins"), (5.0, "train · took 5.0 s"))
    read(clock, (50.0, "train | Stage 'train' is cached - skipping run, checking out outputs"))
    assert clock.seconds == {"train": 5.0}


def test_a_clock_is_the_same_after_saving_and_loading(tmp_path: Path):
    clock = read(StageClock(beside={"other"}), (0.0, "train · begins"), (5.0, "train | epoch 1"))
    clock.save(tmp_path / "clock.json")
    loaded = stage_clock.load(tmp_path / "clock.json")
    assert (loaded.seconds, loaded.finished, loaded.beside) == ({"train": 5.0}, {"train": False}, {"other"})
    assert stage_clock.load(tmp_path / "none.json") == StageClock()
