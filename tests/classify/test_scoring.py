"""Scores on patches: which are scored, in what order, and by split."""

import numpy as np
import pandas as pd
import pytest
import torch
from dark_network import Darkness

from crackpipe.classify import scoring
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.compute.runtime import Runtime, start_runtime

MODEL = Classifier(Darkness(), "darkness", 16, (0.0,) * 3, (1.0,) * 3)
PHOTO = np.zeros((16, 512, 3), np.uint8)  # black on the left, white on the right
PHOTO[:, 256:] = 255


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return start_runtime(device="cpu", precision="fp32", threads=1)


def photo_inputs(*, workers: int = 1, sides_px: tuple[int, ...] = (16,)) -> PhotoInputs:
    augmentation = Augmentation(sides_px=sides_px, colour_jitter=0.0, colour_jitter_p=0.0, noise_p=0.0)
    return PhotoInputs({"p": PHOTO}, 16, workers, augmentation)


def patches(*splits: str, n: int = 300) -> pd.DataFrame:
    """Every left patch is a crack."""
    col = np.random.default_rng(0).integers(0, 2, n * len(splits)) * 496
    table = pd.DataFrame({"photo_id": "p", "row_px": 0, "col_px": col, "side_px": 16, "symmetry": 0})
    return table.assign(label=(col == 0).astype(np.int8), split=np.repeat(splits, n))


def test_so_many_of_validation_and_test_are_chosen_once_each_and_the_same_again() -> None:
    table = patches("test", "train", "val").reset_index(names="row")
    chosen = scoring.choose(table, val=40, test=40, seed=1)
    assert chosen["split"].tolist() == ["val"] * 40 + ["test"] * 40
    assert chosen["row"].is_unique
    assert chosen.equals(scoring.choose(table, val=40, test=40, seed=1))
    assert not chosen.equals(scoring.choose(table, val=40, test=40, seed=2))
    assert len(scoring.choose(table, val=1000, test=1000, seed=1)) == 600


def test_each_source_has_as_many_patches_drawn_and_a_small_one_gives_all() -> None:
    table = patches("val", "test").assign(photo_id="large/p")
    table = pd.concat([table, patches("val", "test", n=8).assign(photo_id="small/p")], ignore_index=True)
    chosen = scoring.choose(table.reset_index(names="row"), val=10, test=20, seed=1)
    found = chosen.groupby(["split", "photo_id"]).size().to_dict()
    assert found == {("val", "large/p"): 10, ("val", "small/p"): 8, ("test", "large/p"): 20, ("test", "small/p"): 8}
    assert chosen["row"].is_unique


def test_what_is_drawn_of_a_source_does_not_depend_on_other_sources() -> None:
    table = patches("val", "test").assign(photo_id="b/p")
    others = patches("val", "test", n=50).assign(photo_id="a/p")
    alone = scoring.choose(table, val=10, test=20, seed=1)
    both = scoring.choose(pd.concat([others, table], ignore_index=True), val=10, test=20, seed=1)
    pd.testing.assert_frame_equal(both[both["photo_id"] == "b/p"].reset_index(drop=True), alone)


def test_patches_are_scored_at_the_first_side_that_training_sees(runtime: Runtime) -> None:
    inputs = photo_inputs(sides_px=(32, 8))
    ((pixels, labels),) = list(inputs.plain(patches("val", n=5), batch=8))
    assert pixels.shape == (5, 3, 32, 32)
    assert (pixels.float().mean(dim=(1, 2, 3)) == torch.where(labels == 1, 0.0, 255.0)).all()


def test_probabilities_come_in_the_order_of_the_patches_over_all_batches(runtime: Runtime) -> None:
    table = patches("val")
    found = scoring.predict(MODEL, table, photo_inputs(workers=3), runtime)
    assert found.shape == (300,)
    assert len(table) > 2 * scoring.BATCH
    expected = np.where(table["label"] == 1, 1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4)))
    assert np.allclose(found, expected, atol=1e-6)


def test_a_classifier_that_is_right_scores_one_in_each_split_that_has_patches(runtime: Runtime) -> None:
    found = scoring.score(MODEL, patches("test", "val", n=60), photo_inputs(workers=2), runtime)
    assert sorted(found) == ["test", "val"]
    for scores in found.values():
        assert scores["f1"] == scores["auc"] == scores["accuracy"] == 1
        assert scores["n"] == 60
        assert scores["ece"] == pytest.approx(1 / (1 + np.exp(4)), abs=1e-6)
    assert sorted(scoring.score(MODEL, patches("test", n=9), photo_inputs(), runtime)) == ["test"]


def test_validation_gives_three_figures_and_the_decisions_or_nothing(runtime: Runtime) -> None:
    figures, held_out = scoring.validation(MODEL, patches("val", "test", n=30), photo_inputs(), runtime)
    assert list(figures) == ["val_f1", "val_auc", "val_ece"]
    assert figures["val_f1"] == 1
    assert held_out is not None
    assert held_out.right.tolist() == [True] * 30
    assert held_out.distance.tolist() == pytest.approx([0.5] * 30)  # a margin of 4 over a slope of 8
    assert held_out.confidence.tolist() == pytest.approx([1 / (1 + np.exp(-4))] * 30)
    assert scoring.validation(MODEL, patches("test", n=30), photo_inputs(), runtime) == ({}, None)


def test_a_split_without_patches_is_left_out_without_a_warning() -> None:
    assert scoring.choose(patches("train"), val=5, test=5, seed=0).empty
    assert scoring.choose(patches("test"), val=5, test=5, seed=0)["split"].tolist() == ["test"] * 5


def test_no_patch_at_all_is_no_patch_of_no_source() -> None:
    nothing = patches("train").iloc[:0].astype({"photo_id": "str"})
    assert scoring.sources_of(nothing).empty
    chosen = scoring.choose(nothing, val=5, test=5, seed=0)
    assert chosen.empty
    assert list(chosen) == list(nothing)


def test_a_source_is_what_stands_before_the_first_stroke() -> None:
    assert scoring.sources_of(pd.DataFrame({"photo_id": ["a/b/1", "c/2", "p"]})).tolist() == ["a", "c", "p"]
