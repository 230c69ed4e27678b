"""Embeddings of all photographs and captions: computed once, written as float16 (see :mod:`embedding_file`)."""

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from jaxtyping import Float, Float16, Float32, UInt8
from torch import Tensor, nn

from crackpipe import console
from crackpipe.clip.embedding_file import ENCODER, FILE
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.data import decoded
from crackpipe.errors import CrackpipeError, ParamsError
from crackpipe.files import arrow, parquet, schemas
from crackpipe.imaging import images
from crackpipe.imaging.images import SquareFit

AHEAD = 2  # batches that are decoded before they are needed


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Sizes of an embedding run.

    Attributes:
        side_px: side of the square that each image is brought to; see :func:`square_px`.
        batch: images, or texts, per run of the encoder.
        workers: threads that decode and resize.
        fit: how it becomes a square, see :func:`crackpipe.imaging.images.square`.
    """

    side_px: int
    batch: int
    workers: int
    fit: SquareFit = "resize"


def items(photos: Path) -> pd.DataFrame:
    """List the photographs and the distinct captions of each split: kind (image or text), split and item_id.

    Args:
        photos: the table of photographs.

    Returns:
        rows in the order of the table of embeddings; the item_id of a photograph is its photo_id, that of a caption the
        caption itself.
    """
    table = parquet.read(photos, schemas.PHOTOS, columns=["photo_id", "split", "caption"]).to_pandas()
    photographs = table[["split", "photo_id"]].rename(columns={"photo_id": "item_id"}).assign(kind="image")
    captioned = table[table["caption"].notna()]
    captions = captioned[["split", "caption"]].rename(columns={"caption": "item_id"}).assign(kind="text")
    listed = pd.concat([photographs, captions.drop_duplicates()])[["kind", "split", "item_id"]]
    return listed.sort_values(["kind", "split", "item_id"], ignore_index=True)


def square_px(encoder: Encoder, *, side_px: int, key: str) -> int:
    """Side of the square that photographs are squeezed to: the tower's own where it has one, else ``side_px``.

    Args:
        side_px: wanted side.
        key: of ``side_px`` in ``params.yaml``, for the error.

    Raises:
        ParamsError: the encoder takes no such side.
    """
    if encoder.image_px is not None:
        return encoder.image_px
    if side_px % encoder.multiple_px:
        raise ParamsError(f"{key}: got {side_px}, but this encoder takes multiples of {encoder.multiple_px} px")
    return side_px


def write(
    folder: Path,
    photos: Path,
    encoder: Encoder,
    runtime: Runtime,
    *,
    settings: EmbeddingSettings,
    fingerprint: str,
    scratch: Path = Path(".checkpoints"),
) -> pd.DataFrame:
    """Embed every photograph and every distinct caption of each split; return the list of them (see :func:`items`).

    Memory holds the decoded photographs of a few batches; vectors gather in a temporary file.

    Args:
        folder: gets ``embeddings.arrow``.
        photos: the table of photographs.
        fingerprint: of the encoder's files; written with the vectors, so that a search can tell whose they are.
        scratch: folder of the temporary file.
    """
    listed = items(photos)
    width = encoder.joint_width
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=scratch, prefix="embeddings-") as file:
        vectors = np.memmap(file, np.float16, "w+", shape=(len(listed), width))
        _fill_images(vectors, listed, photos, encoder, runtime, settings)
        _fill_texts(vectors, listed, encoder, runtime, batch=settings.batch)
        column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), width)
        names = {name: pa.array(listed[name].tolist(), pa.string()) for name in listed}
        columns = pa.table({**names, "vector": column})
        arrow.write(folder / FILE, schemas.embeddings(width=width), columns, about={ENCODER.decode(): fingerprint})
    return listed


def encode_images(encoder: Encoder, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float16[np.ndarray, "b d"]:
    """Embeddings, of length 1, of photographs of one size, RGB levels 0–255."""
    with torch.inference_mode(), runtime.autocast():
        return _to_half(encoder.image_embedding(encoder.prepare(pixels, runtime)))


def of_photo(
    encoder: Encoder, pixels: UInt8[np.ndarray, "h w 3"], runtime: Runtime, *, side_px: int, fit: SquareFit = "resize"
) -> Float32[np.ndarray, "d"]:
    """Embedding of one photograph, brought to a square.

    Args:
        pixels: RGB levels 0–255.
        side_px: side of the square; see :func:`square_px`.
        fit: how it becomes a square, see :func:`crackpipe.imaging.images.square`.

    Raises:
        CrackpipeError: it is not finite.
    """
    square = torch.from_numpy(images.square(pixels, side_px=side_px, fit=fit)).permute(2, 0, 1)[None]
    vector = encode_images(encoder, square, runtime)[0].astype(np.float32)
    if not np.isfinite(vector).all():
        raise CrackpipeError(
            "its embedding is not finite; the encoder has diverged, or runs in a precision too low for it: "
            "set runtime.precision to fp32"
        )
    return vector


def encode_texts(encoder: Encoder, texts: Sequence[str], runtime: Runtime) -> Float16[np.ndarray, "n d"]:
    """Embeddings, of length 1, of sentences."""
    with torch.inference_mode(), runtime.autocast():
        return _to_half(encoder.text_embedding(list(texts)))


def _to_half(vectors: Float[Tensor, "b d"]) -> Float16[np.ndarray, "b d"]:
    # normalised once more in float32: a length that bf16 has normalised is off 1 by up to 0.4 %
    return nn.functional.normalize(vectors.float(), dim=1).half().cpu().numpy()


def _fill_images(
    vectors: Float16[np.ndarray, "n d"],
    listed: pd.DataFrame,
    photos: Path,
    encoder: Encoder,
    runtime: Runtime,
    settings: EmbeddingSettings,
) -> None:
    """Write the embeddings of all photographs into their rows of ``vectors``."""
    image_rows = listed.index[listed["kind"] == "image"]
    rows = dict(zip(listed["item_id"][image_rows], image_rows, strict=True))
    for photo_ids, pixels in _squares(photos, settings):
        vectors[[rows[photo_id] for photo_id in photo_ids]] = encode_images(encoder, pixels, runtime)


def _squares(photos: Path, settings: EmbeddingSettings) -> Iterator[tuple[list[str], UInt8[Tensor, "b 3 s s"]]]:
    """photo_ids and pixels of the photographs, batch by batch; threads decode the next ones."""
    squares = decoded.photographs(
        photos,
        side_px=settings.side_px,
        fit=settings.fit,
        workers=settings.workers,
        what="embed photographs",
        ahead=AHEAD * settings.batch,
    )
    while group := list(itertools.islice(squares, settings.batch)):
        photo_ids, pixels = zip(*group, strict=True)
        yield list(photo_ids), torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)


def _fill_texts(
    vectors: Float16[np.ndarray, "n d"], listed: pd.DataFrame, encoder: Encoder, runtime: Runtime, *, batch: int
) -> None:
    """Write the embeddings of all captions into their rows of ``vectors``; each caption is encoded once."""
    rows: dict[str, list[int]] = {}
    for row in listed.index[listed["kind"] == "text"]:  # several splits may share a caption
        rows.setdefault(listed["item_id"][row], []).append(row)
    captions = sorted(rows)
    starts = range(0, len(captions), batch)
    for start in console.bar(starts, what="embed captions", total=len(starts), unit="batches"):
        part = captions[start : start + batch]
        for caption, vector in zip(part, encode_texts(encoder, part, runtime), strict=True):
            vectors[rows[caption]] = vector
