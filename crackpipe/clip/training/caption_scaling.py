"""Gain from more captions: R@10 of an encoder that was tuned on a share of them."""

import math
from collections.abc import Mapping
from typing import Any

from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.training import alignment
from crackpipe.clip.training.pairing import Pairs
from crackpipe.clip.training.tuning import History
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError
from crackpipe.measures import retrieval

AMONG = retrieval.SCALING_K


def parse_share(text: str) -> float:
    """Read a share of the captioned training photographs, as ``scale_captions.shares`` lists them.

    Raises:
        ParamsError: it is no number above 0 and at most 1.
    """
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise ParamsError(f"share: got {text!r}, expected a number above 0 and at most 1, as in scale_captions.shares")
    return share


def recalls(encoder: TrainableEncoder, pairs: Pairs, *, chunk: int, runtime: Runtime) -> dict[str, float]:
    """R@10 [0, 1] of captioned photographs among the different captions, and of these among the photographs.

    Args:
        pairs: photographs with one caption each.
        chunk: items that are encoded at once.
    """
    images, texts, captions = alignment.embeddings(encoder, pairs, chunk=chunk, runtime=runtime)
    of_images = [choices[0] for choices in pairs.texts]
    to_text = retrieval.recall(images, texts, query_captions=of_images, gallery_captions=captions, ks=[AMONG])
    to_image = retrieval.recall(texts, images, query_captions=captions, gallery_captions=of_images, ks=[AMONG])
    return {"image_to_text_r10": to_text[f"r{AMONG}"], "text_to_image_r10": to_image[f"r{AMONG}"]}


def row(
    encoder: TrainableEncoder,
    pairs: Mapping[str, Pairs],
    history: History,
    *,
    share: float,
    chunk: int,
    runtime: Runtime,
) -> dict[str, Any]:
    """Score one encoder: share, number of captioned photographs, best epoch, its validation loss, and R@10.

    Args:
        encoder: tuned on ``pairs["train"]``.
        pairs: by split; val and test are scored where they have captions.
        history: of :func:`crackpipe.clip.training.tuning.fit`.
        share: of the captioned training photographs, (0, 1].
        chunk: items that are encoded at once.
    """
    (best,) = (epoch for epoch in history if epoch["best"])
    scores: dict[str, Any] = {"share": share, "n": len(pairs["train"])}
    scores |= {"best_epoch": best["epoch"], "val_loss": best["val_loss"]}
    for split in ("val", "test"):
        if split in pairs:
            scores[split] = recalls(encoder, pairs[split], chunk=chunk, runtime=runtime)
    return scores
