"""Rows of the data-scaling sweep: R@10 counted by hand, and the best epoch's own figures."""

import dataclasses
import re

import numpy as np
import pytest
import torch
from toy_pairs import two_clusters

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.training import alignment, freezing
from crackpipe.clip.training import caption_scaling as scaling
from crackpipe.clip.training.pairing import Pairs
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError
from crackpipe.report import caption_scaling

HISTORY = [
    {"epoch": 1, "train_loss": 3.0, "val_loss": 2.5, "scale": 14.0, "best": 0},
    {"epoch": 2, "train_loss": 2.0, "val_loss": 2.0, "scale": 14.0, "best": 1},
    {"epoch": 3, "train_loss": 1.0, "val_loss": 2.2, "scale": 14.0, "best": 0},
]


def captioned(encoder: DualEncoder, *, count: int = 24, captions: int = 15) -> Pairs:
    pairs = two_clusters(width=freezing.feature_width(encoder), count=count)
    keys = np.arange(count) % captions
    return dataclasses.replace(pairs, texts=[[f"Leak number {key}."] for key in keys], keys=keys)


def counted(encoder: DualEncoder, pairs: Pairs) -> tuple[float, float]:
    """R@10 from sorted lists, both ways."""
    seen = torch.from_numpy(pairs.images.values[:, 0].astype(np.float32))  # type: ignore[union-attr]
    said = sorted({own[0] for own in pairs.texts})
    with torch.no_grad():
        images, texts = freezing.projected(encoder, seen).numpy(), encoder.text_embedding(said).numpy()
    own = [one[0] for one in pairs.texts]
    forth = [own[i] in [said[j] for j in np.argsort(-texts @ images[i])[:10]] for i in range(len(own))]
    back = [said[j] in [own[i] for i in np.argsort(-images @ texts[j])[:10]] for j in range(len(said))]
    return float(np.mean(forth)), float(np.mean(back))


def test_recall_is_that_of_sorted_lists(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = captioned(encoder)
    found = scaling.recalls(encoder, pairs, chunk=7, runtime=runtime)
    forth, back = counted(encoder, pairs)
    assert found == {"image_to_text_r10": pytest.approx(forth), "text_to_image_r10": pytest.approx(back)}
    assert 0 < forth < 1
    assert 0 < back < 1


def test_a_row_tells_the_best_epoch_and_the_splits_that_there_are(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = {"train": captioned(encoder), "test": captioned(encoder, count=20, captions=4)}
    found = scaling.row(encoder, pairs, HISTORY, share=0.25, chunk=7, runtime=runtime)
    recalls = scaling.recalls(encoder, pairs["test"], chunk=7, runtime=runtime)
    assert found == {"share": 0.25, "n": 24, "best_epoch": 2, "val_loss": 2.0, "test": recalls}
    assert recalls["image_to_text_r10"] == 1.0  # four captions only


def test_a_row_of_the_sweep_is_made_of_what_points_are_made_from(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = {"train": captioned(encoder), "val": captioned(encoder, count=20)}
    row = scaling.row(encoder, pairs, HISTORY, share=0.5, chunk=7, runtime=runtime)
    found = caption_scaling.points([row])
    assert [(one["share"], one["n"]) for one in found] == [(0.5, 24)] * 2
    assert [one["r10"] for one in found] == [row["val"]["image_to_text_r10"], row["val"]["text_to_image_r10"]]


@pytest.mark.parametrize(("text", "share"), [("0.25", 0.25), ("1.0", 1.0), ("1", 1.0)])
def test_a_share_is_read_as_params_write_it(text: str, share: float) -> None:
    assert scaling.parse_share(text) == share


@pytest.mark.parametrize("text", ["0", "1.5", "-0.5", "half", "nan", ""])
def test_a_share_outside_0_to_1_is_refused(text: str) -> None:
    said = f"share: got {text!r}, expected a number above 0 and at most 1, as in scale_captions.shares"
    with pytest.raises(ParamsError, match=re.escape(said)):
        scaling.parse_share(text)


def test_scoring_leaves_the_encoder_as_it_was(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = captioned(encoder)
    first, second = (alignment.embeddings(encoder, pairs, chunk=5, runtime=runtime) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert all(parameter.grad is None for parameter in encoder.parameters())
