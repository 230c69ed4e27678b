"""Scores of labels: by method, source and split, with the number that is usable."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.measures import segmentation
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import label_quality

Write = Callable[..., Any]
METRICS = ("ods", "ois", "ap")


def levels(mask: np.ndarray) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(255)


def score(photos: Path, *methods: str, keep_px: int = 10, doubtful: tuple[str, ...] = ()) -> dict[str, Any]:
    quality = label_quality.score(
        photos,
        photos.parent / "labels",
        methods=methods,
        tolerance_px=2,
        keep_px=keep_px,
        local=LocalThresholds(window_px=5, niblack_k=0.2, sauvola_k=0.2),
        doubtful=doubtful,
        workers=2,
    )
    return quality.tree()


@pytest.fixture
def half(crack: np.ndarray) -> np.ndarray:
    """The upper half of the crack."""
    mask = crack.copy()
    mask[6:] = False
    return mask


def test_each_method_is_scored_and_the_baselines_stand_beside_it(
    write_photos: Write, write_labels: Write, crack: np.ndarray, half: np.ndarray
) -> None:
    photos = write_photos({"demo/1": ("train", crack)})
    write_labels("cam", {"demo/1": levels(half)})
    write_labels("cam_crf", {"demo/1": levels(crack)})
    tree = score(photos, "cam", "cam_crf")
    untrained = ["darkness", "multi_otsu", "niblack", "otsu", "patch_otsu", "sauvola"]
    assert sorted(tree) == ["cam", "cam_crf", *untrained]
    found = {method: tree[method]["demo"]["train"] for method in tree}
    assert [found["cam_crf"][name] for name in METRICS] == pytest.approx([1.0, 1.0, 1.0])
    expected = segmentation.score([segmentation.count(levels(half), crack)])
    assert [found["cam"][name] for name in METRICS] == [expected.ods, expected.ois, expected.ap]
    assert found["cam"]["ods"] == pytest.approx(2 / 3)  # precision 1, recall 1/2
    assert found["otsu"]["ods"] == 1.0  # black on white
    assert {name: one["n"] for name, one in found.items()} == dict.fromkeys(tree, 1)
    kept = {name: one.get("kept") for name, one in found.items()}
    assert kept == {"cam": 1, "cam_crf": 1} | dict.fromkeys(untrained)


def test_sources_and_splits_are_scored_on_their_own(
    write_photos: Write, write_labels: Write, crack: np.ndarray, half: np.ndarray
) -> None:
    rows = {"cfd/1": ("test", crack), "demo/1": ("train", crack), "demo/2": ("val", crack), "demo/3": ("train", crack)}
    photos = write_photos(rows)
    write_labels("cam", {name: levels(half if name == "demo/2" else crack) for name in rows})
    tree = score(photos, "cam")["cam"]
    found = {(source, split): (one["ods"], one["n"]) for source in tree for split, one in tree[source].items()}
    assert found == {
        ("cfd", "test"): (1.0, 1),
        ("demo", "train"): (1.0, 2),
        ("demo", "val"): (pytest.approx(2 / 3), 1),
    }


@pytest.mark.parametrize(("keep_px", "kept"), [(0, 1), (9, 1), (10, 1), (11, 0)])
def test_labels_with_too_few_pixels_are_scored_but_not_kept(
    write_photos: Write, write_labels: Write, crack: np.ndarray, keep_px: int, kept: int
) -> None:
    photos = write_photos({"demo/1": ("val", crack)})
    write_labels("cam", {"demo/1": levels(crack)}, crack_px=10)
    found = score(photos, "cam", keep_px=keep_px)["cam"]["demo"]["val"]
    assert (found["n"], found["kept"]) == (1, kept)


def test_photographs_without_ground_truth_are_counted_nowhere(
    write_photos: Write, write_labels: Write, crack: np.ndarray
) -> None:
    photos = write_photos({"demo/1": ("train", None), "demo/2": ("train", crack), "wall/1": ("train", None)})
    write_labels("cam", {name: levels(crack) for name in ("demo/1", "demo/2", "wall/1")})
    tree = score(photos, "cam")["cam"]
    assert sorted(tree) == ["demo"]
    assert (tree["demo"]["train"]["n"], tree["demo"]["train"]["kept"]) == (1, 1)


def test_a_doubtful_photograph_is_scored_and_left_out_beside_it(
    write_photos: Write, write_labels: Write, crack: np.ndarray
) -> None:
    photos = write_photos(dict.fromkeys(("cfd/1", "cfd/2"), ("test", crack)))
    write_labels("cam", {"cfd/1": levels(crack), "cfd/2": levels(np.zeros_like(crack))})
    tree = score(photos, "cam", doubtful=("cfd/2",))["cam"]
    found = {source: (one["test"]["ods"], one["test"]["n"], one["test"]["kept"]) for source, one in tree.items()}
    assert found == {"cfd": (0.5, 2, 2), "cfd_without_2": (1.0, 1, 1)}


@pytest.mark.parametrize(("labelled", "owner"), [(("demo/2",), "'demo/2'"), ((), "None")])
def test_a_photograph_without_a_label_is_named(
    write_photos: Write, write_labels: Write, crack: np.ndarray, labelled: tuple[str, ...], owner: str
) -> None:
    photos = write_photos(dict.fromkeys(("demo/1", "demo/2"), ("train", crack)))
    write_labels("cam", {name: levels(crack) for name in labelled})
    with pytest.raises(CrackpipeError) as caught:
        score(photos, "cam")
    assert str(caught.value) == (
        f"data/pseudo_labels/cam: next photograph is {owner}, but the photos table has 'demo/1'; "
        "run `dvc repro pseudo_label@cam` again"
    )


def test_a_label_of_a_photograph_that_is_gone_is_named(
    write_photos: Write, write_labels: Write, crack: np.ndarray
) -> None:
    photos = write_photos({"demo/1": ("train", crack)})
    write_labels("cam", dict.fromkeys(("demo/1", "demo/2"), levels(crack)))
    with pytest.raises(CrackpipeError) as caught:
        score(photos, "cam")
    assert str(caught.value) == (
        "data/pseudo_labels/cam: next photograph is 'demo/2', but the photos table has no more; "
        "run `dvc repro pseudo_label@cam` again"
    )


@pytest.mark.parametrize("names", [(), ("demo/1", "demo/2")])
def test_labels_of_self_training_are_made_by_a_stage_of_their_own(
    write_photos: Write, write_labels: Write, crack: np.ndarray, names: tuple[str, ...]
) -> None:
    photos = write_photos({"demo/1": ("train", crack)})
    write_labels("self_cam_location", dict.fromkeys(names, levels(crack)))
    with pytest.raises(CrackpipeError, match=r"self_cam_location: .* run `dvc repro self_label@cam_location` again$"):
        score(photos, "self_cam_location")
