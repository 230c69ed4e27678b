"""One step of contrastive training: which images and texts it sees, its gradients, and the loss of other pairs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.clip.training import contrastive_loss, freezing, grad_cache
from crackpipe.clip.training.pairing import Pairs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pairs, as one step uses them.

    Attributes:
        index: which of ``pairs``.
        view: of each image.
        texts: the different texts, sorted: each passes the text tower once.
        place: which of the texts each image has.
        kept: factor on each feature of each image, 0 for those that are left out.
    """

    pairs: Pairs
    index: Int[np.ndarray, "b"]
    view: Int[np.ndarray, "b"]
    texts: list[str]
    place: Int[np.ndarray, "b"]
    kept: Float32[np.ndarray, "b f"] | None


def plan(sets: Sequence[Pairs], *, batch: int, random: np.random.Generator) -> list[tuple[Pairs, Int[np.ndarray, "_"]]]:
    """The batches of an epoch, shuffled: each comes from one of the ``sets``.

    An epoch passes over the last set once, and takes no more batches of another, drawn anew: thousands of patches
    would drown a hundred captions. What is said of a patch is no negative for what is said of a photograph. A batch
    has at least 2 pairs: a rest of 1 has nothing to be contrasted with and is left out.
    """
    most = _count(sets[-1], batch)
    batches = [(pairs, index) for pairs in sets for index in _split(random.permutation(len(pairs)), batch)[:most]]
    return [batches[place] for place in random.permutation(len(batches))]


def steps(sets: Sequence[Pairs], *, batch: int) -> int:
    """Number of batches of an epoch; see :func:`plan`."""
    most = _count(sets[-1], batch)
    return sum(min(most, _count(pairs, batch)) for pairs in sets)


def draw(
    pairs: Pairs,
    index: Int[np.ndarray, "b"],
    random: np.random.Generator,
    *,
    width: int,
    feature_dropout: float,
    sentence_dropout: float,
) -> Batch:
    """One of the texts and one of the views of each of the pairs at ``index``.

    All that is random in a step is drawn here, so that a chunk is the same whenever it is computed.

    Args:
        width: number of features of an image; see :func:`parts.feature_width`.
        feature_dropout: probability (0–1, less than 1) with which a feature of an image, before the projection, is
            left out; the others are scaled up in its place.
        sentence_dropout: probability with which a text of several sentences is cut down to one of them.
    """
    view = random.integers(pairs.views, size=len(index))
    texts = [pairs.texts[i][random.integers(len(pairs.texts[i]))] for i in index]
    cut = random.random(len(index)) < sentence_dropout
    texts = [_one_sentence(text, random) if short else text for text, short in zip(texts, cut, strict=True)]
    kept = None
    if feature_dropout > 0:
        drawn = random.random((len(index), width), np.float32) >= feature_dropout
        kept = drawn.astype(np.float32) / np.float32(1 - feature_dropout)
    return _batch(pairs, index, view, texts, kept)


def backward(
    encoder: DualEncoder | OpenClipEncoder, batch: Batch, *, chunk: int, runtime: Runtime, scale: grad_cache.Scale
) -> float:
    """Add the gradients of a batch's scaled loss with the memory of ``chunk`` items; return the loss itself."""
    images, texts = _embeds(encoder, batch, chunk=chunk, runtime=runtime)
    return grad_cache.backward(images, texts, partial(_loss, encoder, batch, runtime), scale=scale)


def mean_loss(
    encoder: DualEncoder | OpenClipEncoder, pairs: Pairs, *, batch: int, chunk: int, seed: int, runtime: Runtime
) -> float:
    """Mean loss of ``pairs``, images as they are with their first texts, in batches that depend on ``seed`` alone.

    Raises:
        ValueError: there are fewer than 2 pairs.
    """
    groups = _split(seeds.generator(seed).permutation(len(pairs)), batch)
    if not groups:
        raise ValueError(f"got {len(pairs)} pair(s), but a contrast needs at least 2")
    total = 0.0
    for index in groups:
        plain = _batch(pairs, index, np.zeros(len(index), np.int64), [pairs.texts[i][0] for i in index], None)
        with torch.no_grad():
            images, texts = (
                torch.cat([embed() for embed in chunks])
                for chunks in _embeds(encoder, plain, chunk=chunk, runtime=runtime)
            )
            total += len(index) * float(_loss(encoder, plain, runtime, images, texts))
    return total / sum(len(index) for index in groups)


def embeddings(
    encoder: DualEncoder | OpenClipEncoder, pairs: Pairs, *, chunk: int, runtime: Runtime
) -> tuple[Float32[np.ndarray, "n d"], Float32[np.ndarray, "t d"], list[str]]:
    """Images as they are, the different first texts, and these texts themselves, sorted."""
    count = len(pairs)
    plain = _batch(pairs, np.arange(count), np.zeros(count, np.int64), [one[0] for one in pairs.texts], None)
    with torch.no_grad():
        images, texts = (
            torch.cat([embed() for embed in chunks]).cpu().numpy()
            for chunks in _embeds(encoder, plain, chunk=chunk, runtime=runtime)
        )
    return images, texts, plain.texts


def _embeds(
    encoder: DualEncoder | OpenClipEncoder, batch: Batch, *, chunk: int, runtime: Runtime
) -> tuple[list[grad_cache.Embed], list[grad_cache.Embed]]:
    """Functions that embed one chunk of the images or texts each."""

    def of_images(part: slice) -> Float[Tensor, "c d"]:
        with runtime.autocast():
            seen = batch.pairs.images.features(encoder, batch.index[part], batch.view[part], runtime)
            if batch.kept is not None:
                seen = seen * torch.from_numpy(batch.kept[part]).to(runtime.device)
            return freezing.projected(encoder, seen)

    def of_texts(part: slice) -> Float[Tensor, "c d"]:
        with runtime.autocast():
            return encoder.text_embedding(batch.texts[part])

    images: list[grad_cache.Embed] = [
        partial(of_images, slice(i, i + chunk)) for i in range(0, len(batch.index), chunk)
    ]
    texts: list[grad_cache.Embed] = [partial(of_texts, slice(i, i + chunk)) for i in range(0, len(batch.texts), chunk)]
    return images, texts


def _loss(
    encoder: DualEncoder | OpenClipEncoder,
    batch: Batch,
    runtime: Runtime,
    images: Float[Tensor, "b d"],
    texts: Float[Tensor, "t d"],
) -> Float[Tensor, ""]:
    keys = torch.from_numpy(batch.pairs.keys[batch.index]).to(runtime.device)
    place = torch.from_numpy(batch.place).to(runtime.device)
    alike = (keys[:, None] == keys[None, :]) | (place[:, None] == place[None, :])
    return contrastive_loss.loss(images, texts[place], alike, scale=freezing.log_scale(encoder).exp())


def _batch(
    pairs: Pairs,
    index: Int[np.ndarray, "b"],
    view: Int[np.ndarray, "b"],
    chosen: list[str],
    kept: Float32[np.ndarray, "b f"] | None,
) -> Batch:
    texts, place = np.unique(np.array(chosen, object), return_inverse=True)
    return Batch(pairs, index, view, texts.tolist(), place.astype(np.int64), kept)


def _one_sentence(text: str, random: np.random.Generator) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return sentences[random.integers(len(sentences))]


def _count(pairs: Pairs, batch: int) -> int:
    return len(_split(np.arange(len(pairs)), batch))


def _split(order: Int[np.ndarray, "n"], batch: int) -> list[Int[np.ndarray, "_"]]:
    return [order[i : i + batch] for i in range(0, len(order), batch) if len(order) - i >= 2]
