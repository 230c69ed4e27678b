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


def rows(
    encoder: TrainableEncoder,
    pairs: Mapping[str, Pairs],
    history: History,
    *,
    share: float,
    chunk: int,
    runtime: Runtime,
) -> list[dict[str, Any]]:
    """Search with one encoder: a row of the table ``caption_scaling`` for each query of val and test, both ways.

    Queries are the captioned photographs among the different captions, and these among the photographs.

    Args:
        encoder: tuned on ``pairs["train"]``.
        pairs: by split, photographs with one caption each; val and test are searched where they have captions.
        history: of :func:`crackpipe.clip.training.tuning.fit`.
        share: of the captioned training photographs, (0, 1].
        chunk: items that are encoded at once.
    """
    (best,) = (epoch for epoch in history if epoch["best"])
    common = {"share": share, "n": len(pairs["train"]), "best_epoch": best["epoch"], "val_loss": best["val_loss"]}
    return [
        {"split": split, "direction": direction, "query": query, "caption": caption, "hit": hit, **common}
        for split in ("test", "val")
        if split in pairs
        for direction, found in _hits(encoder, pairs[split], chunk=chunk, runtime=runtime).items()
        for query, (caption, hit) in enumerate(found)
    ]


def _hits(
    encoder: TrainableEncoder, pairs: Pairs, *, chunk: int, runtime: Runtime
) -> dict[str, list[tuple[str, bool]]]:
    """Caption of each query, and whether it stands among the first 10, for both directions."""
    images, texts, captions = alignment.embeddings(encoder, pairs, chunk=chunk, runtime=runtime)
    of_images = [choices[0] for choices in pairs.texts]
    ways = {
        "image_to_text": (images, texts, of_images, captions),
        "text_to_image": (texts, images, captions, of_images),
    }
    found = {}
    for direction, (queries, gallery, asked, held) in ways.items():
        before = retrieval.ranks(queries, gallery, query_captions=asked, gallery_captions=held)
        found[direction] = [(caption, bool(rank < AMONG)) for caption, rank in zip(asked, before, strict=True)]
    return found
