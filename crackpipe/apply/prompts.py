"""`crackpipe prompts`: how like a photograph is to each prompt, and to the classes that the prompts stand for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from crackpipe.apply import photograph
from crackpipe.apply.encoder_folder import EncoderFolder
from crackpipe.clip import embedding, prompts
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging.images import SquareFit

SHARPNESS = 100.0  # CLIP's factor on similarities before the softmax


def of_photo(
    photo: Path, groups: Mapping[str, Sequence[str]], *, model: EncoderFolder
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Similarities of a photograph to prompts; see :func:`similarities`.

    Args:
        photo: path of a picture.
        groups: sentences by group of states, see :meth:`crackpipe.apply.encoder_folder.EncoderFolder.prompts`.
        model: the encoder.

    Raises:
        PhotoError: the photograph cannot be read or is too large.
        ModelError: the encoder's weights are missing, do not fit its card, or it was packed without a word.
        ParamsError: ``embed.side_px`` does not suit the encoder.
    """
    settings = model.params
    image = photograph.pixels(photo, max_megapixels=settings.ingest.max_megapixels)
    runtime = model.project.start_runtime()
    encoder = encoder_files.load(model.path, runtime)
    side_px = embedding.square_px(encoder, side_px=settings.embed.side_px, key="embed.side_px")
    fit = settings.embed.fit
    return similarities(encoder, image, groups, side_px=side_px, fit=fit, runtime=runtime)


def similarities(
    encoder: Encoder,
    image: UInt8[np.ndarray, "h w 3"],
    groups: Mapping[str, Sequence[str]],
    *,
    side_px: int,
    fit: SquareFit = "resize",
    runtime: Runtime,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Similarities (cosines) of a photograph to each prompt, and to the two classes of each wording.

    Args:
        image: RGB, 0–255.
        groups: sentences by group of states; ``flawless``, and of the others those that are to be told.
        side_px, fit: square that the image is brought to, see :func:`crackpipe.imaging.images.square`.

    Returns:
        Prompts: group, similarity and prompt, in the order of ``groups``. Classes: wording, flawless and crack (the
        similarities), and softmax (of 100 times these, as CLIP has it: no calibrated probability of a crack).
    """
    photo = embedding.of_photo(encoder, image, runtime, side_px=side_px, fit=fit)
    rows = []
    for name, texts in groups.items():
        vectors = embedding.encode_texts(encoder, texts, runtime).astype(np.float32)
        rows += [(name, float(vector @ photo), text) for vector, text in zip(vectors, texts, strict=True)]
    classes = []
    for wording, name in prompts.OF_WORDING.items():
        if name not in groups:
            continue
        matrix = prompts.text_matrix(encoder, flawless=groups["flawless"], damaged=groups[name]).cpu().numpy()
        normal, crack = (float(direction @ photo) for direction in matrix)
        classes.append((wording, normal, crack, 1 / (1 + np.exp(SHARPNESS * (normal - crack)))))
    return (
        pd.DataFrame(rows, columns=["group", "similarity", "prompt"]),
        pd.DataFrame(classes, columns=["wording", "flawless", "crack", "softmax"]),
    )
