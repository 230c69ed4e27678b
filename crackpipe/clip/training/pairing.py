"""Pairs of images and texts for a contrastive training: patches with prompts, photographs with their captions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from crackpipe import console
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import freezing, image_cache
from crackpipe.clip.training.image_cache import Features, Squares
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data import decoded, patch_draw, patch_pixels
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.errors import ParamsError
from crackpipe.files import parquet, schemas

BATCH = 32  # images per run of a frozen tower


@dataclass(frozen=True, slots=True)
class Pairs:
    """Images and the texts that may stand beside them.

    Attributes:
        images: pixels, or features of a frozen tower.
        views: how many views of each image training draws from.
        texts: for each image its possible texts; one is drawn each time it is used.
        keys: equal where two images say the same, e.g. have one caption.
    """

    images: Squares | Features
    views: int
    texts: list[list[str]]
    keys: Int[np.ndarray, "n"]

    def __len__(self) -> int:
        return len(self.texts)


def of_patches(
    patches: pd.DataFrame,
    photos: Path,
    prompts: tuple[list[str], list[str]],
    *,
    count: int,
    side_px: int,
    workers: int,
    seed: int,
) -> list[Pairs]:
    """``count`` training patches, half of them cracks, with the prompts of their label; nothing where there are none.

    Args:
        patches: of the table of that name.
        photos: the table of photographs that they are cut from.
        prompts: sentences for the labels 0 and 1.
    """
    drawn = draw_patches(patches, count=count, seed=seed)
    if drawn.empty:
        return []
    with PhotoCache(photos, wanted=drawn["photo_id"], workers=workers) as pixels:
        squares = patch_squares(drawn, pixels, side_px=side_px, workers=workers)
    return [with_prompts(squares, drawn["label"].to_numpy(), prompts)]


def of_photographs(
    photos: Path, *, splits: Sequence[str], share: float, side_px: int, views: int, workers: int, seed: int
) -> dict[str, Pairs]:
    """Captioned photographs of each split with their captions; see :func:`captioned` and :func:`with_captions`.

    Args:
        side_px: of the square that each photograph is squeezed to.
    """
    captions = captioned(photos, splits=splits, share=share, seed=seed)
    squares = photo_squares(captions, photos, side_px=side_px, workers=workers)
    return with_captions(squares, captions, views=views)


def of_sources(patches: pd.DataFrame, sources: Sequence[str]) -> pd.DataFrame:
    """The patches of photographs of these sources, or all of them where none is named.

    Raises:
        ParamsError: a source has no patch.
    """
    if not sources:
        return patches
    own = patches["photo_id"].str.partition("/")[0]
    if missing := sorted(set(sources) - set(own)):
        raise ParamsError(
            f"align_clip.sources: {missing[0]!r} has no patch; expected sources of ingest.sources that have masks or "
            f"labels: {', '.join(sorted(set(own))) or 'none has'}"
        )
    return patches[own.isin(sources)].reset_index(drop=True)


def draw_patches(patches: pd.DataFrame, *, count: int, seed: int) -> pd.DataFrame:
    """``count`` training patches, half of them cracks; none where there are fewer than 2 to be drawn from."""
    train = patches[patches["split"] == "train"].reset_index(drop=True)
    if len(train) < 2:
        return train.iloc[:0]
    order = patch_draw.draw(train["label"].to_numpy(), count=count, crack_share=0.5, seed=seed, epoch=0)
    return train.iloc[order].reset_index(drop=True)


def captioned(photos: Path, *, splits: Sequence[str], share: float, seed: int) -> pd.DataFrame:
    """photo_id, split and caption of the photographs that have one, ascending in split and photo_id.

    Args:
        share: of the training photographs (0–1], at least 2: with one seed, a smaller share is a part of every larger
            one. A split with a single photograph is left out, because a caption is contrasted with others.
    """
    table = parquet.read(photos, schemas.PHOTOS, columns=["photo_id", "split", "caption"]).to_pandas()
    said = table[table["split"].isin(splits) & table["caption"].notna()].reset_index(drop=True)
    train = np.flatnonzero(said["split"] == "train")
    kept = max(2, round(share * len(train)))
    rest = said.drop(index=train[seeds.generator(seed).permutation(len(train))[kept:]])
    several = rest[rest.groupby("split")["split"].transform("size") > 1]
    return several.sort_values(["split", "photo_id"], ignore_index=True)


def patch_squares(patches: pd.DataFrame, photos: Mapping[str, np.ndarray], *, side_px: int, workers: int) -> Squares:
    """The pixels of patches."""
    count = len(patches)
    loaded = patch_pixels.batches(patches, photos, np.arange(count), side_px=side_px, batch=BATCH, workers=workers)
    bar = console.bar(loaded, what="cut patches", total=-(-count // BATCH), unit="batches")
    pixels = (square.permute(1, 2, 0).numpy() for batch, _ in bar for square in batch)
    return image_cache.keep_squares(enumerate(pixels), count=count, side_px=side_px)


def photo_squares(captions: pd.DataFrame, photos: Path, *, side_px: int, workers: int) -> Squares:
    """Photographs squeezed to squares, in the order of ``captions``; one pass over the table ``photos``."""
    places = {photo_id: place for place, photo_id in enumerate(captions["photo_id"])}
    squares = decoded.photographs(photos, wanted=set(places), side_px=side_px, workers=workers, what="decode")
    numbered = ((places[photo_id], pixels) for photo_id, pixels in squares)
    return image_cache.keep_squares(numbered, count=len(places), side_px=side_px)


def with_prompts(squares: Squares, labels: Int[np.ndarray, "n"], prompts: tuple[list[str], list[str]]) -> Pairs:
    """Patches with the prompts of their label, 0 or 1; patches of one label are no negatives of each other."""
    return Pairs(squares, 1, [prompts[label] for label in labels], labels.astype(np.int64))


def with_captions(squares: Squares, captions: pd.DataFrame, *, views: int) -> dict[str, Pairs]:
    """Photographs of each split with their captions; those of one caption are no negatives of each other.

    Args:
        captions: split and caption of each photograph, those of one split side by side.
        views: symmetries (1–8) of a training photograph; others are seen as they are.
    """
    keys = pd.factorize(captions["caption"], sort=True)[0].astype(np.int64)
    found = {}
    for split, part in captions.groupby("split"):
        rows = slice(part.index[0], part.index[-1] + 1)
        texts = [[text] for text in part["caption"]]
        turns = views if split == "train" else 1
        found[str(split)] = Pairs(Squares(squares.pixels[rows]), turns, texts, keys[rows])
    return found


def encoded(pairs: Pairs, encoder: DualEncoder | OpenClipEncoder, runtime: Runtime) -> Pairs:
    """The same pairs with what the image tower sees of them, where training leaves that as it is.

    What is trained must have been chosen before (:func:`parts.thaw`).
    """
    if isinstance(pairs.images, Features) or not freezing.image_kept(encoder):
        return pairs
    seen = image_cache.keep_features(pairs.images, encoder, runtime, views=pairs.views, batch=BATCH)
    return replace(pairs, images=seen)
