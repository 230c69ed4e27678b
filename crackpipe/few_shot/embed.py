"""Embeddings of drawn patches and of the two classes' texts: computed once, whatever heads are trained on them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from crackpipe import console
from crackpipe.clip import embedding, prompts
from crackpipe.clip.embedding import EmbeddingSettings
from crackpipe.clip.embedding_file import CLASSES, FILE, ITEMS
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.data import patch_pixels
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.files import arrow, parquet, schemas


def write(
    folder: Path,
    items: pd.DataFrame,
    photos: Path,
    texts: tuple[Sequence[str], Sequence[str]],
    encoder: Encoder,
    runtime: Runtime,
    *,
    settings: EmbeddingSettings,
    scratch: Path = Path(".checkpoints"),
) -> None:
    """Embed patches and class texts into ``folder``: ``items.parquet`` and ``embeddings.arrow``.

    Args:
        items: as :func:`crackpipe.few_shot.draw.draw` returns them.
        photos: the table of photographs that they are cut from.
        texts: sentences of the classes no crack and crack; each class is the direction of their mean.
        scratch: folder of the temporary file of decoded photographs.
    """
    batch, workers = settings.batch, settings.workers
    vectors = np.empty((len(items), encoder.joint_width), np.float16)
    with PhotoCache(photos, wanted=items["photo_id"], workers=workers, folder=scratch) as decoded:
        order = np.arange(len(items))
        cut = patch_pixels.batches(items, decoded, order, side_px=settings.side_px, batch=batch, workers=workers)
        total, start = -(-len(items) // batch), 0
        for pixels, _ in console.bar(cut, what="embed patches", total=total, unit="batches"):
            vectors[start : start + len(pixels)] = embedding.encode_images(encoder, pixels, runtime)
            start += len(pixels)
    classes = prompts.text_matrix(encoder, flawless=texts[0], damaged=texts[1]).half().cpu().numpy()
    listed = items[["split", "item_id", "label", "source", "group_id"]]
    parquet.write_columns(folder / ITEMS, schemas.FEW_SHOT_ITEMS, pa.Table.from_pandas(listed, preserve_index=False))
    _write_vectors(folder / FILE, listed, vectors, classes)


def _write_vectors(path: Path, listed: pd.DataFrame, vectors: np.ndarray, classes: np.ndarray) -> None:
    order = sorted(range(len(CLASSES)), key=lambda index: CLASSES[index])
    width = classes.shape[1]
    names = {
        "kind": ["class"] * len(CLASSES) + ["image"] * len(listed),
        "split": ["class"] * len(CLASSES) + listed["split"].tolist(),
        "item_id": [CLASSES[index] for index in order] + listed["item_id"].tolist(),
    }
    flat = np.concatenate([classes[order], vectors]).reshape(-1)
    columns = {name: pa.array(values, pa.string()) for name, values in names.items()}
    columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(flat), width)
    arrow.write(path, schemas.embeddings(width=width), pa.table(columns))
