"""Pairs of images and texts for a contrastive training: patches with prompts, photographs with their captions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from crackpipe import console
from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.training import freezing, image_cache
from crackpipe.clip.training.image_cache import Features, Squares
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.data import decoded, patch_draw, patch_pixels
from crackpipe.data.photo_cache import PhotoCache
from crackpipe.errors import ParamsError
from crackpipe.files import parquet, schemas
from crackpipe.imaging.images import SquareFit

BATCH = 32  # images per run of a frozen tower


@dataclass(frozen=True, slots=True)
class Pairs:
    """Images and the texts that may stand beside them.

    Attributes:
        images: pixels, or features of a frozen tower.
        views: number of symmetries (1–8) of each image that training draws from.
        texts: for each image its possible texts; one is drawn each time it is used.
        keys: equal where two images have the same meaning, e.g. one caption.
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
    """Pair training patches, half of them cracks, with the prompts of their label.

    Args:
        patches: the table of that name.
        photos: the table of photographs that they are cut from.
        prompts: sentences for the labels 0 and 1.
        count: patches to draw.
        side_px: side that each patch is resized to.
        workers: threads that decode and cut.

    Returns:
        one set of pairs; none where there are no patches to draw from.

    Raises:
        DatasetError: all training patches are of one class.
    """
    drawn = draw_patches(patches, count=count, seed=seed)
    if drawn.empty:
        return []
    with PhotoCache(photos, wanted=drawn["photo_id"], workers=workers) as pixels:
        squares = patch_squares(drawn, pixels, side_px=side_px, workers=workers)
    return [with_prompts(squares, drawn["label"].to_numpy(), prompts)]


def of_photographs(
    photos: Path,
    *,
    splits: Sequence[str],
    share: float,
    side_px: int,
    fit: SquareFit,
    views: int,
    workers: int,
    seed: int,
) -> dict[str, Pairs]:
    """Pair the captioned photographs of each split with their captions.

    Args:
        photos: the table of photographs.
        splits, share, seed: see :func:`captioned`.
        side_px, fit: square that each photograph is brought to, see :func:`crackpipe.imaging.images.square`.
        views: see :func:`with_captions`.
        workers: threads that decode.
    """
    captions = captioned(photos, splits=splits, share=share, seed=seed)
    squares = photo_squares(captions, photos, side_px=side_px, fit=fit, workers=workers)
    return with_captions(squares, captions, views=views)


def of_sources(patches: pd.DataFrame, sources: Sequence[str]) -> pd.DataFrame:
    """Patches of photographs of these sources, or all of them where none is named.

    Args:
        patches: the table of that name.
        sources: names, as in ``ingest.sources``.

    Raises:
        ParamsError: a source has no patch.
    """
    if not sources:
        return patches
    source = patches["photo_id"].str.partition("/")[0]
    if missing := sorted(set(sources) - set(source)):
        raise ParamsError(
            f"align_clip.sources: {missing[0]!r} has no patch; expected sources of ingest.sources that have masks or "
            f"labels: {', '.join(sorted(set(source))) or 'none has'}"
        )
    return patches[source.isin(sources)].reset_index(drop=True)


def draw_patches(patches: pd.DataFrame, *, count: int, seed: int) -> pd.DataFrame:
    """Draw training patches, half of them cracks; none where there are fewer than 2 to draw from.

    Args:
        patches: the table of that name.
        count: patches to draw.
        seed: of the draw.

    Raises:
        DatasetError: all training patches are of one class.
    """
    train = patches[patches["split"] == "train"].reset_index(drop=True)
    if len(train) < 2:
        return train.iloc[:0]
    order = patch_draw.draw(train["label"].to_numpy(), count=count, crack_share=0.5, seed=seed, epoch=0)
    return train.iloc[order].reset_index(drop=True)


def captioned(photos: Path, *, splits: Sequence[str], share: float, seed: int) -> pd.DataFrame:
    """Select the photographs with a caption: photo_id, split and caption, ascending in split and photo_id.

    A split with a single captioned photograph is left out, because a caption is contrasted with others.

    Args:
        photos: the table of photographs.
        splits: train, val or test.
        share: of the captioned training photographs (0–1], at least 2 of them: with one seed, a smaller share is a part
            of every larger one.
        seed: of the draw of the share.
    """
    table = parquet.read(photos, schemas.PHOTOS, columns=["photo_id", "split", "caption"]).to_pandas()
    known = table[table["split"].isin(splits) & table["caption"].notna()].reset_index(drop=True)
    train = np.flatnonzero(known["split"] == "train")
    count = max(2, round(share * len(train)))
    shared = known.drop(index=train[seeds.generator(seed).permutation(len(train))[count:]])
    several = shared[shared.groupby("split")["split"].transform("size") > 1]
    return several.sort_values(["split", "photo_id"], ignore_index=True)


def patch_squares(patches: pd.DataFrame, photos: Mapping[str, np.ndarray], *, side_px: int, workers: int) -> Squares:
    """Cut patches from decoded photographs.

    Args:
        patches: rows of the table of that name.
        photos: RGB levels 0–255 by photo_id.
        side_px: side that each patch is resized to.
        workers: threads that cut.
    """
    count = len(patches)
    loaded = patch_pixels.batches(patches, photos, np.arange(count), side_px=side_px, batch=BATCH, workers=workers)
    bar = console.bar(loaded, what="cut patches", total=-(-count // BATCH), unit="batches")
    pixels = (square.permute(1, 2, 0).numpy() for batch, _ in bar for square in batch)
    return image_cache.cache_squares(enumerate(pixels), count=count, side_px=side_px)


def photo_squares(captions: pd.DataFrame, photos: Path, *, side_px: int, fit: SquareFit, workers: int) -> Squares:
    """Bring photographs to squares, in one pass over their table.

    Args:
        captions: has the photo_id of each, in the order of the squares.
        photos: the table of photographs.
        side_px, fit: of the squares, see :func:`crackpipe.imaging.images.square`.
        workers: threads that decode.
    """
    rows = {photo_id: row for row, photo_id in enumerate(captions["photo_id"])}
    squares = decoded.photographs(photos, wanted=set(rows), side_px=side_px, fit=fit, workers=workers, what="decode")
    numbered = ((rows[photo_id], pixels) for photo_id, pixels in squares)
    return image_cache.cache_squares(numbered, count=len(rows), side_px=side_px)


def with_prompts(squares: Squares, labels: Int[np.ndarray, "n"], prompts: tuple[list[str], list[str]]) -> Pairs:
    """Pair patches with the prompts of their label; patches of one label are no negatives of each other.

    Args:
        squares: pixels of the patches.
        labels: 1 crack, 0 none.
        prompts: sentences for the labels 0 and 1.
    """
    return Pairs(squares, 1, [prompts[label] for label in labels], labels.astype(np.int64))


def with_captions(squares: Squares, captions: pd.DataFrame, *, views: int) -> dict[str, Pairs]:
    """Pair the photographs of each split with their captions; those of one caption are no negatives of each other.

    Args:
        squares: photographs in the order of ``captions``.
        captions: split and caption of each photograph, those of one split side by side.
        views: symmetries (1–8) of a training photograph; those of other splits are used as they are.
    """
    keys = pd.factorize(captions["caption"], sort=True)[0].astype(np.int64)
    pairs = {}
    for split, part in captions.groupby("split"):
        rows = slice(part.index[0], part.index[-1] + 1)
        texts = [[text] for text in part["caption"]]
        symmetries = views if split == "train" else 1
        pairs[str(split)] = Pairs(Squares(squares.pixels[rows]), symmetries, texts, keys[rows])
    return pairs


def cache_frozen_features(pairs: Pairs, encoder: TrainableEncoder, runtime: Runtime) -> Pairs:
    """Replace pixels by features, if the image tower is frozen: it is then run once for all epochs.

    Args:
        pairs: returned as they are where blocks of the image tower are trained.
        encoder: its trained parameters have been chosen by :func:`freezing.thaw`.
    """
    if isinstance(pairs.images, Features) or not freezing.image_tower_frozen(encoder):
        return pairs
    features = image_cache.cache_features(pairs.images, encoder, runtime, views=pairs.views, batch=BATCH)
    return replace(pairs, images=features)
