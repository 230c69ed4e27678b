"""How like a photograph is to each prompt, and to the classes that the prompts stand for."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import UInt8

from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging import images

SHARPNESS = 100.0  # CLIP's factor on similarities before the softmax


def to_prompts(
    encoder: Encoder,
    image: UInt8[np.ndarray, "h w 3"],
    groups: Mapping[str, Sequence[str]],
    *,
    side_px: int,
    runtime: Runtime,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Similarities (cosines) of a photograph to each prompt, and to the two classes of each wording.

    Args:
        image: RGB, 0–255; the whole of it is squeezed to a square of ``side_px``.
        groups: sentences by group of states, see :func:`crackpipe.clip.prompts.groups`.

    Returns:
        Prompts: group, similarity and prompt, in the order of ``groups``. Classes: wording, normal and crack (the
        similarities), and probability (that it is cracked: their softmax, 100 times as sharp).
    """
    square = torch.from_numpy(images.squeezed(image, side_px=side_px)).permute(2, 0, 1)[None]
    seen = embedding.encode_images(encoder, square, runtime)[0].astype(np.float32)
    rows = []
    for name, texts in groups.items():
        vectors = embedding.encode_texts(encoder, texts, runtime).astype(np.float32)
        rows += [(name, float(one @ seen), text) for one, text in zip(vectors, texts, strict=True)]
    classes = []
    for wording, name in prompts.OF_WORDING.items():
        matrix = prompts.text_matrix(encoder, flawless=groups["flawless"], damaged=groups[name]).cpu().numpy()
        normal, crack = (float(direction @ seen) for direction in matrix)
        classes.append((wording, normal, crack, 1 / (1 + np.exp(SHARPNESS * (normal - crack)))))
    return (
        pd.DataFrame(rows, columns=["group", "similarity", "prompt"]),
        pd.DataFrame(classes, columns=["wording", "normal", "crack", "probability"]),
    )
