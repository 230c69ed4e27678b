"""Scores of hand-made masks, kept apart by segmenter, labels, source and split."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.measures.scoreboard import Scoreboard
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import evaluation, label_quality

TRUTH, CAM = ("text_adapters", "truth"), ("text_adapters", "cam")
UNTRAINED = ["darkness", "multi_otsu", "niblack", "otsu", "patch_otsu", "sauvola"]
Write = Callable[..., Path]


def levels(mask: np.ndarray, *, level: int = 255) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(level)


def baselines(photos: Path, doubtful: tuple[str, ...] = ()) -> Scoreboard:
    local = LocalThresholds(window_px=5, niblack_k=0.2, sauvola_k=0.2)
    shared = {"tolerance_px": 1, "keep_px": 1, "local": local, "doubtful": doubtful, "workers": 1}
    return label_quality.score(photos, photos.parent / "labels", methods=[], **shared).baselines


def evaluate(photos: Path, *, expected: list[tuple[str, str]], doubtful: tuple[str, ...] = ()) -> Scoreboard:
    board = baselines(photos, doubtful)
    return evaluation.evaluate(photos, photos.parent / "masks", expected=expected, baselines=board, doubtful=doubtful)


@pytest.fixture
def board(write_photos: Write, write_masks: Write, crack: np.ndarray) -> Scoreboard:
    """Trained on truth: perfect, but for one photograph that is moved by a pixel. Trained on activation maps: empty."""
    moved, nothing = np.roll(crack, 1, axis=1), np.zeros_like(crack)
    photos = write_photos(
        {
            "cfd/1": ("test", crack),
            "demo/1": ("test", crack),
            "demo/2": ("test", crack),
            "demo/3": ("val", crack),
            "demo/4": ("train", crack),
            "demo/5": ("test", None),
        }
    )
    seen = {"cfd/1": crack, "demo/1": crack, "demo/2": moved, "demo/3": crack, "demo/5": crack}
    write_masks("text_adapters-truth", {name: levels(mask, level=200) for name, mask in seen.items()})
    write_masks("text_adapters-cam", {name: levels(nothing) for name in seen})
    return evaluate(photos, expected=[CAM, TRUTH])


def test_each_source_and_split_is_scored_on_its_own(board: Scoreboard) -> None:
    tree = board.tree()["text_adapters"]
    assert sorted(tree["truth"]) == ["cfd", "demo"]
    assert sorted(tree["truth"]["demo"]) == ["test", "val"]
    assert (tree["truth"]["cfd"]["test"]["ods"], tree["truth"]["cfd"]["test"]["n"]) == (1.0, 1)
    assert (tree["truth"]["demo"]["val"]["ods"], tree["truth"]["demo"]["val"]["n"]) == (1.0, 1)
    half = tree["truth"]["demo"]["test"]
    assert (half["ods"], half["ois"], half["n"]) == (0.5, 0.5, 2)  # one is right, one beside the crack
    assert half["ods_tol"] == 1.0
    assert tree["cam"]["demo"]["test"]["ods"] == 0.0


def test_photographs_without_ground_truth_are_not_scored(board: Scoreboard) -> None:
    assert board.photo_ids((*TRUTH, "demo", "test")) == ["demo/1", "demo/2"]


def test_baselines_stand_beside_the_segmenters(board: Scoreboard) -> None:
    tree = board.tree()
    assert sorted(tree) == [*UNTRAINED, "text_adapters"]
    for name in ("darkness", "otsu"):
        assert sorted(tree[name]) == [evaluation.UNTRAINED]
        assert tree[name][evaluation.UNTRAINED]["demo"]["test"]["n"] == 2
        assert tree[name][evaluation.UNTRAINED]["demo"]["test"]["ods"] == 1.0  # black on white


def test_curves_hold_one_series_for_each_method_and_source(board: Scoreboard) -> None:
    table = evaluation.curves(board, split="test")
    methods = [*UNTRAINED, "text_adapters (cam)", "text_adapters (truth)"]
    assert sorted(set(table["series"])) == [f"{source}: {method}" for source in ("cfd", "demo") for method in methods]
    one = table[table["series"] == "demo: text_adapters (truth)"].set_index("threshold")
    assert len(one) == 99
    assert one.loc[0.5].to_dict() == {"series": "demo: text_adapters (truth)", "precision": 0.5, "recall": 0.5}
    assert one.loc[0.9, "recall"] == 0.0  # the masks end at 200 of 255


def test_photographs_are_ranked_at_the_ods_threshold(board: Scoreboard) -> None:
    ranked = evaluation.ranked(board, (*TRUTH, "demo", "test"))
    assert ranked.to_dict("list") == {"photo_id": ["demo/1", "demo/2"], "f1": [1.0, 0.0]}
    assert ranked.attrs["threshold"] == 0.01


def test_equal_photographs_are_ranked_by_name(board: Scoreboard) -> None:
    assert evaluation.ranked(board, (*CAM, "demo", "test"))["photo_id"].tolist() == ["demo/1", "demo/2"]


def test_a_cell_that_is_no_longer_in_params_is_refused(
    write_photos: Write, write_masks: Write, crack: np.ndarray
) -> None:
    photos = write_photos({"demo/1": ("test", crack)})
    write_masks("text_adapters-truth", {"demo/1": levels(crack)})
    write_masks("unet-truth", {"demo/1": levels(crack)})
    with pytest.raises(CrackpipeError) as caught:
        evaluate(photos, expected=[TRUTH])
    assert str(caught.value) == (
        f"{photos.parent / 'masks'}: holds ['text_adapters-truth', 'unet-truth'], but train_segmenter.networks, "
        "adapters × labels name ['text_adapters-truth']; delete the folders of cells that are no longer in "
        "params.yaml, or run `dvc repro` to make the missing"
    )


def test_a_missing_cell_is_refused(write_photos: Write, write_masks: Write, crack: np.ndarray) -> None:
    photos = write_photos({"demo/1": ("test", crack)})
    write_masks("text_adapters-truth", {"demo/1": levels(crack)})
    with pytest.raises(CrackpipeError, match=r"holds \['text_adapters-truth'\], but .* name \['text_adapters-cam', "):
        evaluate(photos, expected=[CAM, TRUTH])


def test_a_cell_without_a_photograph_of_the_others_is_refused(
    write_photos: Write, write_masks: Write, crack: np.ndarray
) -> None:
    photos = write_photos({"demo/1": ("test", crack), "demo/2": ("test", crack)})
    write_masks("text_adapters-cam", {"demo/1": levels(crack), "demo/2": levels(crack)})
    write_masks("text_adapters-truth", {"demo/2": levels(crack)})
    with pytest.raises(CrackpipeError) as caught:
        evaluate(photos, expected=[CAM, TRUTH])
    assert str(caught.value) == (
        "data/masks/text_adapters-truth: next photograph is 'demo/2', but the photos table has 'demo/1'; "
        "run `dvc repro segment@text_adapters-truth` again"
    )


@pytest.mark.parametrize("longer", [CAM, TRUTH])
def test_a_cell_with_a_photograph_too_many_is_refused(
    longer: tuple[str, str], write_photos: Write, write_masks: Write, crack: np.ndarray
) -> None:
    photos = write_photos({"demo/1": ("test", crack), "demo/2": ("test", crack)})
    for cell in (CAM, TRUTH):
        names = ["demo/1", "demo/2"] if cell == longer else ["demo/1"]
        write_masks("-".join(cell), {name: levels(crack) for name in names})
    with pytest.raises(CrackpipeError, match=r"data/masks/text_adapters-\w+: next photograph is .* run `dvc repro"):
        evaluate(photos, expected=[CAM, TRUTH])


def test_a_mask_of_an_unknown_photograph_is_refused(write_photos: Write, write_masks: Write, crack: np.ndarray) -> None:
    photos = write_photos({"demo/1": ("test", crack)})
    write_masks("text_adapters-truth", {"demo/1": levels(crack), "demo/9": levels(crack)})
    with pytest.raises(CrackpipeError, match="next photograph is 'demo/9', but the photos table has no more"):
        evaluate(photos, expected=[TRUTH])


def test_a_doubtful_photograph_is_scored_and_left_out_beside_it(
    write_photos: Write, write_masks: Write, crack: np.ndarray
) -> None:
    photos = write_photos(dict.fromkeys(("cfd/1", "cfd/2", "cfd/3", "demo/1"), ("test", crack)))
    seen = {"cfd/1": crack, "cfd/2": np.zeros_like(crack), "cfd/3": crack, "demo/1": crack}
    write_masks("text_adapters-truth", {name: levels(mask) for name, mask in seen.items()})
    board = evaluate(photos, expected=[TRUTH], doubtful=("cfd/2",))
    tree = board.tree()["text_adapters"]["truth"]
    scores = {source: (one["test"]["ods"], one["test"]["n"]) for source, one in tree.items()}
    assert scores == {"cfd": (2 / 3, 3), "cfd_without_2": (1.0, 2), "demo": (1.0, 1)}
    assert board.photo_ids((*TRUTH, "cfd", "test")) == ["cfd/1", "cfd/2", "cfd/3"]
    assert board.photo_ids((*TRUTH, "cfd_without_2", "test")) == ["cfd/1", "cfd/3"]
    assert board.tree()["otsu"][evaluation.UNTRAINED]["cfd_without_2"]["test"]["n"] == 2


def test_without_a_doubt_nothing_is_scored_twice(write_photos: Write, write_masks: Write, crack: np.ndarray) -> None:
    photos = write_photos({"demo/1": ("test", crack)})
    write_masks("text_adapters-truth", {"demo/1": levels(crack)})
    board = evaluate(photos, expected=[TRUTH], doubtful=("cfd/42",))
    assert sorted(board.tree()["text_adapters"]["truth"]) == ["demo"]
