"""Embedded patches: each vector lies beside the item_id of the patch that it is of."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from crackpipe.clip import embedding, embedding_file
from crackpipe.clip.embedding import EmbeddingSettings
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.few_shot import embed
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

SIDE_PX = 32
CORNERS = [("s/a", 0, 0), ("s/a", 0, 32), ("s/a", 32, 0), ("s/b", 0, 0), ("s/b", 32, 32)]  # photo_id, row, col


def picture(name: str) -> np.ndarray:
    return np.random.default_rng(ord(name[-1])).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def photo(name: str) -> parquet.Row:
    empty = dict.fromkeys(("mask", "label", "attributes", "mm_per_px", "caption"))
    known = {"photo_id": name, "source": "s", "split": "train", "group_id": name, "height_px": 64, "width_px": 64}
    return {**known, **empty, "image": images.encode_rgb(picture(name))}


def item(name: str, row: int, col: int) -> parquet.Row:
    square = {"photo_id": name, "row_px": row, "col_px": col, "side_px": SIDE_PX, "symmetry": 0, "label": 1}
    return square | {"split": "pool", "item_id": f"{name}@{row:02d},{col:02d}+32", "source": "s", "group_id": name}


def test_each_vector_is_of_the_patch_that_its_item_id_names(
    tmp_path: Path, encoder: DualEncoder, runtime: Runtime
) -> None:
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, [photo("s/a"), photo("s/b")])
    items = pd.DataFrame([item(*corner) for corner in CORNERS]).astype({"label": "int8"})
    texts = (["no crack"], ["a crack"])
    out, photos, scratch = tmp_path / "out", tmp_path / "photos", tmp_path / "scratch"
    settings = EmbeddingSettings(side_px=SIDE_PX, batch=2, workers=2)
    embed.write(out, items, photos, texts, encoder, runtime, settings=settings, scratch=scratch)
    found = embedding_file.load(out, kind="image", split=None)
    assert found.item_ids == items["item_id"].tolist()
    for vector, (name, row, col) in zip(found.vectors, CORNERS, strict=True):
        patch = picture(name)[row : row + SIDE_PX, col : col + SIDE_PX].transpose(2, 0, 1)[None].copy()
        wanted = embedding.encode_images(encoder, torch.from_numpy(patch), runtime)[0]
        np.testing.assert_allclose(vector, wanted, atol=2e-3)
    assert np.ptp(found.vectors.astype(np.float32), axis=0).max() > 0.02  # far more than the tolerance
