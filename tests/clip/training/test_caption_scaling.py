"""Rows of the data-scaling sweep: R@10 counted by hand, and the best epoch's own figures."""

import dataclasses
import re

import numpy as np
import pytest
import torch
from toy_pairs import two_clusters

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.training import alignment
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
    pairs = two_clusters(width=encoder.feature_width, count=count)
    keys = np.arange(count) % captions
    return dataclasses.replace(pairs, texts=[[f"Leak number {key}."] for key in keys], keys=keys)


def counted(encoder: DualEncoder, pairs: Pairs) -> tuple[float, float]:
    """R@10 from sorted lists, both ways."""
    features = torch.from_numpy(pairs.images.values[:, 0].astype(np.float32))  # type: ignore[union-attr]
    sentences = sorted({choices[0] for choices in pairs.texts})
    with torch.no_grad():
        images, texts = encoder.project(features).numpy(), encoder.text_embedding(sentences).numpy()
    captions = [choices[0] for choices in pairs.texts]
    to_text = [captions[i] in [sentences[j] for j in np.argsort(-texts @ images[i])[:10]] for i in range(len(captions))]
    to_image = [
        sentences[j] in [captions[i] for i in np.argsort(-images @ texts[j])[:10]] for j in range(len(sentences))
    ]
    return float(np.mean(to_text)), float(np.mean(to_image))


def test_recall_is_that_of_sorted_lists(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = captioned(encoder)
    found = scaling.recalls(encoder, pairs, chunk=7, runtime=runtime)
    to_text, to_image = counted(encoder, pairs)
    assert found == {"image_to_text_r10": pytest.approx(to_text), "text_to_image_r10": pytest.approx(to_image)}
    assert 0 < to_text < 1
    assert 0 < to_image < 1


def test_a_row_holds_the_best_epoch_and_the_splits_that_there_are(encoder: DualEncoder, runtime: Runtime) -> None:
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
    message = f"share: got {text!r}, expected a number above 0 and at most 1, as in scale_captions.shares"
    with pytest.raises(ParamsError, match=re.escape(message)):
        scaling.parse_share(text)


def test_scoring_leaves_the_encoder_as_it_was(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = captioned(encoder)
    first, second = (alignment.embeddings(encoder, pairs, chunk=5, runtime=runtime) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert all(parameter.grad is None for parameter in encoder.parameters())
