"""What more captions are worth: how well an encoder that was tuned on a share of them finds images and texts."""

import math
from collections.abc import Mapping
from typing import Any

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import alignment
from crackpipe.clip.training.pairing import Pairs
from crackpipe.clip.training.tuning import History
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError
from crackpipe.measures import retrieval

AMONG = retrieval.SCALING_K


def parse_share(text: str) -> float:
    """A share of the captioned training photographs, as ``scale_captions.shares`` lists them.

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


def recalls(encoder: DualEncoder | OpenClipEncoder, pairs: Pairs, *, chunk: int, runtime: Runtime) -> dict[str, float]:
    """R@10 of captioned photographs among the different captions, and of these among the photographs."""
    images, texts, captions = alignment.embeddings(encoder, pairs, chunk=chunk, runtime=runtime)
    own = [one[0] for one in pairs.texts]
    forth = retrieval.recall(images, texts, query_captions=own, gallery_captions=captions, ks=[AMONG])
    back = retrieval.recall(texts, images, query_captions=captions, gallery_captions=own, ks=[AMONG])
    return {"image_to_text_r10": forth[f"r{AMONG}"], "text_to_image_r10": back[f"r{AMONG}"]}


def row(
    encoder: DualEncoder | OpenClipEncoder,
    pairs: Mapping[str, Pairs],
    history: History,
    *,
    share: float,
    chunk: int,
    runtime: Runtime,
) -> dict[str, Any]:
    """One row of the sweep: share, number of captioned photographs, best epoch, its validation loss, and R@10.

    Args:
        pairs: of the splits; val and test are scored where they have captions.
        history: of :func:`crackpipe.clip.training.tuning.fit`.
    """
    (best,) = (one for one in history if one["best"])
    found: dict[str, Any] = {"share": share, "n": len(pairs["train"])}
    found |= {"best_epoch": best["epoch"], "val_loss": best["val_loss"]}
    for split in ("val", "test"):
        if split in pairs:
            found[split] = recalls(encoder, pairs[split], chunk=chunk, runtime=runtime)
    return found
