"""Decisions of a cell of the comparison of losses."""

import numpy as np
import pandas as pd
from dark_network import Darkness

from crackpipe.classify import cell_decisions
from crackpipe.classify.attack_steps import Attack
from crackpipe.classify.classifier import Classifier
from crackpipe.classify.training_inputs import Augmentation, PhotoInputs
from crackpipe.compute.runtime import start_runtime


def test_decisions_are_kept_with_their_logits_and_those_on_the_test_with_the_steps_that_they_survive() -> None:
    """A network that takes dark patches for cracks, with a margin of 4, on sources that are half black."""
    photo = np.zeros((16, 32, 3), np.uint8)
    photo[:, 16:] = 255
    rows = [
        {"photo_id": f"{source}/p", "col_px": col, "label": int(col == 0), "split": split}
        for source in ("crack500", "deepcrack")
        for split in ("val", "test")
        for col in (0, 16)
    ]
    unchanged = Augmentation(sides_px=[16], colour_jitter=0.0, colour_jitter_p=0.0, noise_p=0.0)
    table = cell_decisions.decide(
        Classifier(Darkness(), "darkness", 16, (0.0,) * 3, (1.0,) * 3),
        pd.DataFrame(rows).astype({"label": np.int8}).assign(row_px=0, side_px=16, symmetry=0),
        PhotoInputs({"crack500/p": photo, "deepcrack/p": photo}, 16, 1, unchanged),
        trained_on={"crack500"},
        runtime=start_runtime(device="cpu", precision="fp32", threads=1),
        attack=Attack(steps=5, epsilon=1.0, step_size=0.2),
        seed=0,
    )
    assert list(table["split"]) == ["test"] * 4 + ["val"] * 4
    assert list(table["source"][:4]) == ["crack500"] * 2 + ["deepcrack"] * 2
    assert list(table["in_domain"][:4]) == [True, True, False, False]
    margin = table["logit_crack"] - table["logit_none"]
    assert list(margin) == [4, -4] * 4
    assert list(table["steps"][:4]) == [3] * 4  # 4 / (8 · 0.2) steps
    assert table["steps"][4:].isna().all()
