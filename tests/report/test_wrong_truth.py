"""A photograph with a wrong ground truth is scored with the others, and the others without it too."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import ParamsError
from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import evaluation, label_quality, wrong_truth
from crackpipe.report.wrong_truth import sources_of

Write = Callable[..., Path]
NAMES = ("cfd/001", "cfd/042", "cfd/118", "demo/42")


def test_without_doubt_a_photograph_counts_under_its_source_alone() -> None:
    assert sources_of("cfd/001", "cfd", doubtful=[]) == ["cfd"]
    assert sources_of("demo/042", "demo", doubtful=["cfd/042"]) == ["demo"]


def test_a_doubtful_photograph_counts_under_its_source_alone() -> None:
    assert sources_of("cfd/042", "cfd", doubtful=["cfd/042"]) == ["cfd"]


def test_the_others_of_its_source_count_without_it_too() -> None:
    assert sources_of("cfd/001", "cfd", doubtful=["cfd/042"]) == ["cfd", "cfd_without_042"]


def test_several_doubtful_photographs_are_left_out_together_in_a_fixed_order() -> None:
    for doubtful in (["cfd/042", "cfd/007", "demo/1"], ["demo/1", "cfd/007", "cfd/042"]):
        assert sources_of("cfd/001", "cfd", doubtful=doubtful) == ["cfd", "cfd_without_007_042"]
        assert sources_of("cfd/007", "cfd", doubtful=doubtful) == ["cfd"]


def test_a_source_whose_name_begins_alike_is_another() -> None:
    assert sources_of("cfd2/001", "cfd2", doubtful=["cfd/042"]) == ["cfd2"]
    assert sources_of("cfd/001", "cfd", doubtful=["cfd2/042"]) == ["cfd"]


def test_a_photograph_in_a_folder_is_named_by_its_file() -> None:
    assert sources_of("wall/a/1", "wall", doubtful=["wall/b/2"]) == ["wall", "wall_without_2"]


@pytest.fixture
def photos(write_photos: Write, crack: np.ndarray) -> Path:
    return write_photos(dict.fromkeys(NAMES, ("test", crack)))


@pytest.mark.parametrize("doubtful", [[], ["cfd/042"], ["cfd/042", "demo/42"], ["deepcrack/7"], ["cf/42"], ["cfd2/42"]])
def test_names_that_are_there_and_names_of_absent_sources_are_no_fault(photos: Path, doubtful: list[str]) -> None:
    wrong_truth.check(photos, doubtful=doubtful)


@pytest.mark.parametrize(("name", "near"), [("cfd/42", "cfd/042"), ("cfd/18.jpg", "cfd/118")])
def test_a_name_that_its_source_does_not_have_is_told_with_the_nearest(photos: Path, name: str, near: str) -> None:
    with pytest.raises(ParamsError) as caught:
        wrong_truth.check(photos, doubtful=["demo/42", name])
    assert str(caught.value) == (
        f"evaluate.doubtful: got {name!r}, but none of the 3 photographs of cfd has that name, the nearest is {near!r}"
        "; correct it, or take it off the list if ingest.sources leaves that photograph out"
    )


def test_labels_and_masks_are_not_scored_without_a_photograph_that_there_is_not(photos: Path) -> None:
    doubtful = ["cfd/42"]
    with pytest.raises(ParamsError, match=r"evaluate\.doubtful: got 'cfd/42'"):
        label_quality.score(
            photos,
            photos.parent / "labels",
            methods=[],
            tolerance_px=1,
            keep_px=1,
            local=LocalThresholds(window_px=5, niblack_k=0.2, sauvola_k=0.2),
            doubtful=doubtful,
            workers=1,
        )
    with pytest.raises(ParamsError, match=r"evaluate\.doubtful: got 'cfd/42'"):
        evaluation.evaluate(
            photos,
            photos.parent / "masks",
            expected=[("unet", "truth")],
            baselines=Scoreboard(tolerance_px=1),
            doubtful=doubtful,
        )
