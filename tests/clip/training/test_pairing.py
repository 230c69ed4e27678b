"""Pairs for a contrastive training: which patches and captions, with which texts and keys."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.training import freezing, pairing
from crackpipe.clip.training.image_cache import Features, Squares
from crackpipe.compute.runtime import Runtime
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images, patch_grid


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def patch_table(*, train: list[int], test: list[int]) -> pd.DataFrame:
    labels = [*train, *test]
    return pd.DataFrame(
        {
            "photo_id": [f"demo/{i % 2}" for i in range(len(labels))],
            "row_px": 0,
            "col_px": [4 * (i // 2) for i in range(len(labels))],
            "side_px": 32,
            "symmetry": [i % 8 for i in range(len(labels))],
            "label": np.array(labels, np.int8),
            "split": ["train"] * len(train) + ["test"] * len(test),
        }
    )


def picture(name: str, *, height: int = 40, width: int = 56) -> np.ndarray:
    seed = sum(map(ord, name))
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_photos(folder: Path, rows: dict[str, tuple[str, str | None]]) -> None:
    """Photographs by name: split and caption."""

    def row(name: str, split: str, caption: str | None) -> dict:
        plain = {"source": "s", "height_px": 40, "width_px": 56, "mask": None, "label": None}
        rest = {"attributes": None, "mm_per_px": None, "image": images.encode_rgb(picture(name))}
        return {"photo_id": name, "split": split, "group_id": name, "caption": caption, **plain, **rest}

    parquet.write_shards(folder, schemas.PHOTOS, [row(name, *rows[name]) for name in sorted(rows)])


def many(train: int, *, val: int = 3) -> dict[str, tuple[str, str | None]]:
    numbered = {f"s/t{i:02d}": ("train", f"Leak {i % 3}.") for i in range(train)}
    return {**numbered, **{f"s/v{i}": ("val", "Crack.") for i in range(val)}}


def names(photos: Path, *, share: float, seed: int = 0, split: str = "train") -> list[str]:
    found = pairing.captioned(photos, splits=["train", "val"], share=share, seed=seed)
    return found.loc[found["split"] == split, "photo_id"].tolist()


def test_half_of_the_drawn_patches_are_cracks_and_none_is_a_test_patch() -> None:
    table = patch_table(train=[1] * 4 + [0] * 20, test=[1] * 9)
    drawn = pairing.draw_patches(table, count=8, seed=0)
    assert drawn["label"].sum() == 4
    assert set(drawn["split"]) == {"train"}
    assert drawn.index.tolist() == list(range(8))
    pd.testing.assert_frame_equal(drawn, pairing.draw_patches(table, count=8, seed=0))
    assert not drawn.equals(pairing.draw_patches(table, count=8, seed=1))


def test_without_training_patches_none_are_drawn() -> None:
    assert len(pairing.draw_patches(patch_table(train=[], test=[1, 0]), count=8, seed=0)) == 0


def test_photographs_of_the_splits_that_have_a_caption_are_read() -> None:
    rows = {"s/a": ("train", "Leak."), "s/b": ("train", None), "s/d": ("train", ""), "s/e": ("test", "Leak.")}
    write_photos(Path("photos"), {**rows, "s/c": ("val", "Leak."), "s/f": ("val", "Leak.")})
    found = pairing.captioned(Path("photos"), splits=["val", "train"], share=1.0, seed=0)
    assert found["photo_id"].tolist() == ["s/a", "s/d", "s/c", "s/f"]
    assert found["split"].tolist() == ["train", "train", "val", "val"]


def test_a_split_with_a_single_captioned_photograph_is_left_out() -> None:
    write_photos(Path("photos"), {"s/a": ("train", "Leak."), "s/b": ("val", "Leak."), "s/c": ("val", "Crack.")})
    found = pairing.captioned(Path("photos"), splits=["train", "val"], share=1.0, seed=0)
    assert found["photo_id"].tolist() == ["s/b", "s/c"]


def test_without_captions_nothing_is_read() -> None:
    write_photos(Path("photos"), {"s/a": ("train", None), "s/b": ("train", None)})
    assert pairing.captioned(Path("photos"), splits=["train"], share=0.5, seed=0).empty


def test_smaller_shares_are_parts_of_larger_ones() -> None:
    photos = Path("photos")
    write_photos(photos, many(20))
    shares = [names(photos, share=share) for share in (0.1, 0.25, 0.5, 1.0)]
    assert [len(chosen) for chosen in shares] == [2, 5, 10, 20]
    for smaller, larger in itertools.pairwise(shares):
        assert set(smaller) < set(larger)
    assert names(photos, share=0.5, seed=1) != shares[2]


def test_a_share_is_never_less_than_a_pair_and_leaves_other_splits_whole() -> None:
    photos = Path("photos")
    write_photos(photos, many(20))
    assert len(names(photos, share=0.001)) == 2
    assert len(names(photos, share=0.001, split="val")) == 3


def test_the_squares_of_patches_are_their_pixels() -> None:
    patches = patch_table(train=[1, 0, 1, 0, 1], test=[])
    photos = {f"demo/{i}": picture(f"demo/{i}") for i in range(2)}
    squares = pairing.patch_squares(patches, photos, side_px=32, workers=2)
    assert squares.pixels.shape == (5, 32, 32, 3)
    wanted = patch_grid.apply_symmetry(picture("demo/1")[:32, 4:36], 3)
    np.testing.assert_array_equal(squares.pixels[3], wanted)


def test_the_squares_of_photographs_follow_the_captions_not_the_table() -> None:
    photos = Path("photos")
    write_photos(photos, many(3))
    captions = pd.DataFrame({"photo_id": ["s/v1", "s/t02", "s/t00"]})
    squares = pairing.photo_squares(captions, photos, side_px=32, fit="resize", workers=2)
    for square, name in zip(squares.pixels, captions["photo_id"], strict=True):
        np.testing.assert_array_equal(square, images.squeezed(picture(name), side_px=32))


def test_a_patch_goes_with_the_prompts_of_its_label() -> None:
    squares = Squares(np.zeros((3, 8, 8, 3), np.uint8))
    pairs = pairing.with_prompts(squares, np.array([1, 0, 1], np.int8), (["whole"], ["crack", "split"]))
    assert pairs.texts == [["crack", "split"], ["whole"], ["crack", "split"]]
    assert pairs.keys.tolist() == [1, 0, 1]
    assert len(pairs) == 3
    assert pairs.views == 1


def test_photographs_of_one_caption_share_a_key_and_each_split_has_its_own_images() -> None:
    squares = Squares(np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8))
    captions = pd.DataFrame(
        {"split": ["train"] * 3 + ["val"] * 2, "caption": ["Leak.", "Crack.", "Leak.", "Crack.", "Rust."]}
    )
    pairs = pairing.with_captions(squares, captions, views=4)
    train, val = pairs["train"], pairs["val"]
    assert train.texts == [["Leak."], ["Crack."], ["Leak."]]
    assert train.keys[0] == train.keys[2] != train.keys[1] == val.keys[0] != val.keys[1]
    assert (train.views, val.views) == (4, 1)
    assert isinstance(val.images, Squares)
    assert val.images.pixels[:, 0, 0, 0].tolist() == [3, 4]


def test_features_are_cached_where_the_tower_is_frozen_only(encoder: DualEncoder, runtime: Runtime) -> None:
    squares = Squares(np.stack([picture("a", height=32, width=32), picture("b", height=32, width=32)]))
    pairs = pairing.with_captions(squares, pd.DataFrame({"split": "train", "caption": ["Leak.", "Crack."]}), views=2)
    freezing.thaw(encoder, freeze="blocks", train_blocks=1)
    assert pairing.cache_frozen_features(pairs["train"], encoder, runtime) is pairs["train"]
    freezing.thaw(encoder, freeze="image", train_blocks=0)
    found = pairing.cache_frozen_features(pairs["train"], encoder, runtime)
    assert isinstance(found.images, Features)
    assert found.images.values.shape == (2, 2, encoder.feature_width)
    assert found.texts == pairs["train"].texts
    assert pairing.cache_frozen_features(found, encoder, runtime) is found
    pixels = torch.from_numpy(squares.pixels).permute(0, 3, 1, 2)
    with torch.no_grad():
        wanted = encoder.features(encoder.prepare(pixels, runtime)).numpy()
    np.testing.assert_allclose(found.images.values[:, 0], wanted, atol=2e-3, rtol=2e-3)


def test_patches_and_photographs_are_read_and_paired_at_once() -> None:
    photos = Path("photos")
    write_photos(photos, many(4) | {"demo/0": ("train", None), "demo/1": ("train", None)})
    table = patch_table(train=[1, 0, 1, 0], test=[1])
    settings = {"workers": 2, "seed": 0, "side_px": 32}
    squares: dict[str, Any] = {**settings, "fit": "resize"}
    (patches,) = pairing.of_patches(table, photos, (["whole"], ["crack"]), count=4, **settings)
    assert sorted(patches.texts) == [["crack"], ["crack"], ["whole"], ["whole"]]
    assert isinstance(patches.images, Squares)
    cut = {picture("demo/0")[:32, :32].tobytes(), patch_grid.apply_symmetry(picture("demo/0")[:32, 4:36], 2).tobytes()}
    assert cut <= {square.tobytes() for square in patches.images.pixels}
    found = pairing.of_photographs(photos, splits=["train", "val"], share=0.5, views=3, **squares)
    assert {split: len(pairs) for split, pairs in found.items()} == {"train": 2, "val": 3}
    assert isinstance(found["val"].images, Squares)
    wanted = [images.squeezed(picture(f"s/v{i}"), side_px=32) for i in range(3)]
    np.testing.assert_array_equal(found["val"].images.pixels, np.stack(wanted))


def test_without_patches_and_captions_there_are_no_pairs() -> None:
    photos = Path("photos")
    write_photos(photos, {"s/a": ("train", None)})
    settings = {"workers": 1, "seed": 0, "side_px": 32}
    squares: dict[str, Any] = {**settings, "fit": "resize"}
    none = patch_table(train=[], test=[])
    assert pairing.of_patches(none, photos, (["whole"], ["crack"]), count=4, **settings) == []
    assert pairing.of_photographs(photos, splits=["train"], share=1.0, views=1, **squares) == {}
