"""Embeddings on disk, read memory-mapped: inputs of heads, retrieval and search, without an encoder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float16

from crackpipe.files import arrow, parquet, schemas

FILE = "embeddings.arrow"
ENCODER = b"encoder"  # key of the encoder's fingerprint in the file
ITEMS = "items.parquet"  # table of embedded patches, beside their embeddings
CLASSES = ("no crack", "crack")  # item_ids of kind class; sorted the other way round in the table


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Embedded items of one kind.

    Attributes:
        item_ids: photo_ids, ids of patches, or the captions themselves.
        vectors: of length 1, mapped from the file.
        encoder: fingerprint of the encoder that made them; empty where none was recorded.
    """

    item_ids: list[str]
    vectors: Float16[np.ndarray, "n d"]
    encoder: str


def load(folder: Path, *, kind: str, split: str | None) -> Embeddings:
    """Read the embeddings of the items of one kind and split.

    Args:
        folder: holds ``embeddings.arrow``.
        kind: image, text or class.
        split: of the items; ``None`` takes all splits.

    Raises:
        TableError: they are missing, or were made by another version.
    """
    table = arrow.read(folder / FILE, name="embeddings")
    column = table.schema.get_field_index("vector")
    vector = table.schema.field(column).type if column >= 0 else None
    width = vector.list_size if isinstance(vector, pa.FixedSizeListType) else 0
    parquet.expect(folder / FILE, schemas.embeddings(width=width), table.schema)
    labels = table.select(["kind", "split"]).to_pandas()
    index = np.flatnonzero((labels["kind"] == kind) & (split is None or labels["split"] == split))
    part = table.slice(index[0], len(index)) if len(index) else table.slice(0, 0)  # the key puts them side by side
    chunk = part["vector"].combine_chunks()
    vectors = chunk.flatten().to_numpy().reshape(len(part), width)
    return Embeddings(part["item_id"].to_pylist(), vectors, (table.schema.metadata or {}).get(ENCODER, b"").decode())
