"""Which patches train, which calibrate, which are scored."""

import numpy as np
import pandas as pd
from dark_network import Darkness

from crackpipe.classify import calibrator, recipe, scoring
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.recipe import PlanSettings
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.compute.runtime import Runtime

PHOTO = np.zeros((16, 512, 3), np.uint8)  # black on the left, white on the right
PHOTO[:, 256:] = 255
SPLITS = ("train", "val", "test")


def patches() -> pd.DataFrame:
    """40 patches of a photograph per split; a left one is a crack, in ``val`` only four times of five."""
    rows = [
        {"photo_id": f"demo/{split}", "col_px": 496 * (i % 2), "label": int(i % 2 == 0), "split": split}
        for split in SPLITS
        for i in range(40)
    ]
    table = pd.DataFrame(rows).astype({"label": np.int8}).assign(row_px=0, side_px=16, symmetry=0)
    wrong = (table["split"] == "val") & (table.index % 5 == 0)
    return table.assign(label=np.where(wrong, 1 - table["label"], table["label"]).astype(np.int8))


def test_only_training_patches_train_and_no_photograph_of_theirs_is_scored() -> None:
    table = patches()
    scored = scoring.choose(table, val=10, test=10, seed=0)
    plan = recipe.plan(table, scored, PlanSettings(epochs=3, patches_per_epoch=30, crack_share=0.5), seed=0)
    assert set(plan.train["split"]) == {"train"}
    assert all(order.max() < len(plan.train) for order in plan.orders)
    assert not set(plan.train["photo_id"]) & set(plan.scored["photo_id"])
    assert plan.photographs() == {"demo/train", "demo/val", "demo/test"}


def test_a_calibrator_is_fitted_to_the_validation_patches_and_saved_with_the_model(runtime: Runtime) -> None:
    table = patches()
    unchanged = Augmentation(sides_px=[16], colour_jitter=0.0, colour_jitter_p=0.0, noise_p=0.0)
    inputs = PhotoInputs({f"demo/{split}": PHOTO for split in SPLITS}, 16, 1, unchanged)
    model = Classifier(Darkness(), "darkness", 16, (0.0,) * 3, (1.0,) * 3)
    scored = table[table["split"] != "train"]
    found = recipe.calibrated(model, "temperature", scored, inputs, runtime=runtime, where="posthoc")
    val = table[table["split"] == "val"]
    logits = scoring.logits(model, val, inputs, runtime)
    assert found.calibrator == calibrator.fit("temperature", logits.numpy(), val["label"].to_numpy(), where="posthoc")
    assert 1 / (1 + np.exp(-4 * found.calibrator.slope)) < 0.81  # four of five; on test patches it would be sure
    assert recipe.calibrated(model, "none", scored, inputs, runtime=runtime, where="posthoc") is model
