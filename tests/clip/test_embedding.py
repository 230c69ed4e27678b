"""Embeddings: every photograph and caption once, of length 1, in the order of the table, whatever the batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from crackpipe.clip import embedding, embedding_file
from crackpipe.clip.embedding import EmbeddingSettings
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError, PhotoError, TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.imaging.images import SquareFit

SIDE_PX = 64
TABLE = {  # split and caption
    "s/a": ("train", "Crack is observed."),
    "s/b": ("test", "Wide crack is observed."),
    "s/c": ("train", "Crack is observed."),
    "s/d": ("val", None),
    "s/e": ("test", "Crack is observed."),
}


def picture(name: str) -> np.ndarray:
    return np.random.default_rng(ord(name[-1])).integers(0, 256, (70, 90, 3), dtype=np.uint8)


def row(name: str, split: str, caption: str | None, *, image: bytes | None = None) -> parquet.Row:
    empty = dict.fromkeys(("mask", "label", "attributes", "mm_per_px"))
    known = {"photo_id": name, "source": "s", "split": split, "group_id": name, "height_px": 70, "width_px": 90}
    return {**known, **empty, "image": image or images.encode_rgb(picture(name)), "caption": caption}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    parquet.write_shards(
        tmp_path / "photos", schemas.PHOTOS, [row(name, split, caption) for name, (split, caption) in TABLE.items()]
    )
    return tmp_path / "photos"


def write(folder: Path, photos: Path, encoder: DualEncoder, runtime: Runtime, **changed: Any) -> pd.DataFrame:
    settings = EmbeddingSettings(**{"side_px": SIDE_PX, "batch": 2, "workers": 2} | changed)
    scratch, digest = folder.parent / "scratch", "of the encoder"
    return embedding.write(folder, photos, encoder, runtime, settings=settings, fingerprint=digest, scratch=scratch)


def test_photographs_and_the_distinct_captions_of_each_split_are_listed_in_order(photos: Path) -> None:
    assert [tuple(one) for one in embedding.items(photos).itertuples(index=False)] == [
        ("image", "test", "s/b"),
        ("image", "test", "s/e"),
        ("image", "train", "s/a"),
        ("image", "train", "s/c"),
        ("image", "val", "s/d"),
        ("text", "test", "Crack is observed."),
        ("text", "test", "Wide crack is observed."),
        ("text", "train", "Crack is observed."),
    ]


def test_each_item_gets_its_own_embedding(photos: Path, encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    write(tmp_path / "out", photos, encoder, runtime)
    for split in ("train", "val", "test"):
        found = embedding_file.load(tmp_path / "out", kind="image", split=split)
        assert found.item_ids == [name for name, (own, _) in TABLE.items() if own == split]
        for name, vector in zip(found.item_ids, found.vectors, strict=True):
            square = torch.from_numpy(images.squeezed(picture(name), side_px=SIDE_PX)).permute(2, 0, 1)[None]
            with torch.no_grad():
                wanted = encoder.image_embedding(encoder.prepare(square, runtime))[0].numpy()
            np.testing.assert_allclose(vector, wanted, atol=1e-3)
    for split, captions in (("test", ["Crack is observed.", "Wide crack is observed."]), ("val", [])):
        found = embedding_file.load(tmp_path / "out", kind="text", split=split)
        assert found.item_ids == captions
        assert found.vectors.shape == (len(captions), 16)
        with torch.no_grad():
            wanted = encoder.text_embedding(captions).numpy() if captions else np.empty((0, 16))
        np.testing.assert_allclose(found.vectors, wanted, atol=1e-3)


def test_without_a_split_the_items_of_all_are_one_block(
    photos: Path, encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    write(tmp_path / "out", photos, encoder, runtime)
    found = embedding_file.load(tmp_path / "out", kind="image", split=None)
    assert found.item_ids == ["s/b", "s/e", "s/a", "s/c", "s/d"]
    assert found.encoder == "of the encoder"
    assert found.vectors.dtype == np.float16
    assert not found.vectors.flags.owndata  # mapped, not copied
    parts = [
        embedding_file.load(tmp_path / "out", kind="image", split=split).vectors for split in ("test", "train", "val")
    ]
    assert np.array_equal(found.vectors, np.concatenate(parts))
    np.testing.assert_allclose(np.linalg.norm(found.vectors.astype(float), axis=1), 1, atol=1e-3)


def test_two_runs_write_the_same_bytes_and_leave_nothing_else(
    photos: Path, encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, photos, encoder, runtime)
    assert [path.name for path in (tmp_path / "a").iterdir()] == [embedding_file.FILE]
    assert (tmp_path / "a" / embedding_file.FILE).read_bytes() == (tmp_path / "b" / embedding_file.FILE).read_bytes()
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_batch_changes_no_embedding(
    photos: Path, encoder: DualEncoder, runtime: Runtime, tmp_path: Path, batch: int
) -> None:
    vectors = []
    for name, size in (("a", 2), ("b", batch)):
        write(tmp_path / name, photos, encoder, runtime, batch=size)
        vectors.append(embedding_file.load(tmp_path / name, kind="image", split=None).vectors)
    np.testing.assert_allclose(vectors[1], vectors[0], atol=1e-3)


def test_in_bf16_too_vectors_have_length_one(photos: Path, encoder: DualEncoder, tmp_path: Path) -> None:
    write(tmp_path / "out", photos, encoder, Runtime(torch.device("cpu"), torch.bfloat16))
    for kind in ("image", "text"):
        found = embedding_file.load(tmp_path / "out", kind=kind, split=None).vectors.astype(float)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)


def test_photographs_without_a_caption_have_no_texts(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, [row("s/a", "train", None)])
    assert len(write(tmp_path / "out", tmp_path / "photos", encoder, runtime)) == 1
    found = embedding_file.load(tmp_path / "out", kind="text", split=None)
    assert (found.item_ids, found.vectors.shape) == ([], (0, 16))


def test_a_photograph_that_cannot_be_read_stops_the_run(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    parquet.write_shards(tmp_path / "photos", schemas.PHOTOS, [row("s/a", "train", None, image=b"no picture")])
    with pytest.raises(PhotoError, match="not a picture"):
        write(tmp_path / "out", tmp_path / "photos", encoder, runtime)
    assert not (tmp_path / "out").exists()


def test_the_square_is_the_towers_own_or_the_parameters(encoder: DualEncoder) -> None:
    tower = OpenClipEncoder("ViT-S-32-alt", weights="none")
    assert embedding.square_px(tower, side_px=SIDE_PX, key="embed.side_px") == tower.image_px == 224
    assert embedding.square_px(encoder, side_px=96, key="embed.side_px") == 96
    with pytest.raises(ParamsError, match=r"slice\.side_px: got 100, but this encoder takes multiples of 32 px"):
        embedding.square_px(encoder, side_px=100, key="slice.side_px")


@pytest.mark.parametrize("fit", ["resize", "centre"])
def test_the_encoder_sees_the_whole_photograph_squeezed_or_its_middle(
    photos: Path, encoder: DualEncoder, runtime: Runtime, tmp_path: Path, fit: SquareFit
) -> None:
    write(tmp_path / "out", photos, encoder, runtime, fit=fit)
    found = embedding_file.load(tmp_path / "out", kind="image", split="train")
    squares = np.stack([images.square(picture(name), side_px=SIDE_PX, fit=fit) for name in found.item_ids])
    wanted = embedding.encode_images(encoder, torch.from_numpy(squares).permute(0, 3, 1, 2), runtime)
    np.testing.assert_allclose(found.vectors, wanted, atol=2e-3)


def test_missing_embeddings_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"embeddings.arrow: no embeddings table here; run `dvc repro` to make it"):
        embedding_file.load(tmp_path, kind="image", split="test")
