"""Rows of the data-scaling sweep: R@10 counted by hand, and the best epoch's own figures."""

import dataclasses
import re
from pathlib import Path

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
from crackpipe.files import parquet, schemas
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


def test_hits_are_those_of_sorted_lists_both_ways(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = captioned(encoder)
    found = scaling.rows(encoder, {"train": pairs, "test": pairs}, HISTORY, share=0.25, chunk=7, runtime=runtime)
    means = [
        np.mean([row["hit"] for row in found if row["direction"] == direction])
        for direction in ("image_to_text", "text_to_image")
    ]
    assert means == pytest.approx(counted(encoder, pairs))
    assert all(0 < mean < 1 for mean in means)
    assert len(found) == 24 + 15


def test_a_row_holds_the_best_epoch_and_the_splits_that_there_are(
    encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    pairs = {"train": captioned(encoder), "test": captioned(encoder, count=20, captions=4)}
    found = scaling.rows(encoder, pairs, HISTORY, share=0.25, chunk=7, runtime=runtime)
    assert found[0] == {
        **{"split": "test", "direction": "image_to_text", "query": 0, "caption": "Leak number 0.", "hit": True},
        **{"share": 0.25, "n": 24, "best_epoch": 2, "val_loss": 2.0},
    }
    assert all(row["hit"] for row in found if row["direction"] == "image_to_text")  # four captions only
    parquet.write(tmp_path / "0.25.parquet", schemas.CAPTION_SCALING, found)
    points = caption_scaling.points([parquet.read(tmp_path / "0.25.parquet", schemas.CAPTION_SCALING).to_pandas()])
    assert [(one["series"], one["n"]) for one in points] == [("test: image to text", 24), ("test: text to image", 24)]


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
