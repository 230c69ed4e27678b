"""One step of contrastive training: its images and texts, its gradients, and the loss of other pairs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor

from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.training import contrastive_loss, grad_cache
from crackpipe.clip.training.pairing import Pairs
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Some pairs, as one step uses them.

    Attributes:
        index: rows of ``pairs``.
        view: number of the symmetry of each image.
        texts: the different texts, sorted: each passes the text tower once.
        text_index: which of the texts belongs to each image.
        feature_factors: factor on each feature of each image, 0 for those that are left out; ``None`` leaves out none.
    """

    pairs: Pairs
    index: Int[np.ndarray, "b"]
    view: Int[np.ndarray, "b"]
    texts: list[str]
    text_index: Int[np.ndarray, "b"]
    feature_factors: Float32[np.ndarray, "b f"] | None


def plan(sets: Sequence[Pairs], *, batch: int, random: np.random.Generator) -> list[tuple[Pairs, Int[np.ndarray, "_"]]]:
    """Batches of an epoch in random order: each is a set, and rows of it.

    An epoch passes over the last set once, and takes at most as many batches of each other set, drawn anew: thousands
    of patches would drown a hundred captions. A batch holds pairs of one set only, because the prompts of a patch are
    no negatives of the caption of a photograph. It has at least 2 pairs: a single pair left over has nothing to be
    contrasted with, and is left out.

    Args:
        sets: pairs to train on.
        batch: pairs of a batch, at least 2.
    """
    most = _count(sets[-1], batch)
    batches = [(pairs, index) for pairs in sets for index in _split(random.permutation(len(pairs)), batch)[:most]]
    return [batches[number] for number in random.permutation(len(batches))]


def draw(
    pairs: Pairs,
    index: Int[np.ndarray, "b"],
    random: np.random.Generator,
    *,
    width: int,
    feature_dropout: float,
    sentence_dropout: float,
) -> PairBatch:
    """Draw one of the texts and one of the views of each of the pairs at ``index``.

    All that is random in a step is drawn here, so that a chunk is the same whenever it is computed.

    Args:
        width: number of features of an image.
        feature_dropout: probability [0, 1) with which a feature of an image, before the projection, is left out; the
            others are scaled up in its place.
        sentence_dropout: probability [0, 1] with which a text of several sentences is cut down to one of them.
    """
    view = random.integers(pairs.views, size=len(index))
    texts = [pairs.texts[i][random.integers(len(pairs.texts[i]))] for i in index]
    cut = random.random(len(index)) < sentence_dropout
    texts = [_one_sentence(text, random) if short else text for text, short in zip(texts, cut, strict=True)]
    factors = None
    if feature_dropout > 0:
        left_in = random.random((len(index), width), np.float32) >= feature_dropout
        factors = left_in.astype(np.float32) / np.float32(1 - feature_dropout)
    return _batch(pairs, index, view, texts, factors)


def backward(
    encoder: TrainableEncoder, batch: PairBatch, *, chunk: int, runtime: Runtime, scale: grad_cache.Scale
) -> float:
    """Add the gradients of a batch's loss, and return the loss.

    Args:
        chunk: items whose graph is held at once: memory grows with it, gradients do not depend on it.
        scale: multiplies the loss before gradients are taken, against underflow in half precision.
    """
    images, texts = _chunks(encoder, batch, chunk=chunk, runtime=runtime)
    return grad_cache.backward(images, texts, partial(_loss, encoder, batch, runtime), scale=scale)


def mean_loss(encoder: TrainableEncoder, pairs: Pairs, *, batch: int, chunk: int, seed: int, runtime: Runtime) -> float:
    """Mean loss of ``pairs``, images as they are with their first texts, in batches that depend on ``seed`` alone.

    Args:
        batch: pairs that are contrasted with each other.
        chunk: items that are encoded at once.

    Raises:
        ValueError: there are fewer than 2 pairs.
    """
    groups = _split(seeds.generator(seed).permutation(len(pairs)), batch)
    if not groups:
        raise ValueError(f"got {len(pairs)} pair(s), but a contrast needs at least 2")
    total = 0.0
    for index in groups:
        plain = _plain_batch(pairs, index)
        with torch.no_grad():
            images, texts = _embedded(encoder, plain, chunk=chunk, runtime=runtime)
            total += len(index) * float(_loss(encoder, plain, runtime, images, texts))
    return total / sum(len(index) for index in groups)


def embeddings(
    encoder: TrainableEncoder, pairs: Pairs, *, chunk: int, runtime: Runtime
) -> tuple[Float32[np.ndarray, "n d"], Float32[np.ndarray, "t d"], list[str]]:
    """Embed all images as they are, and their first texts.

    Args:
        chunk: items that are encoded at once.

    Returns:
        embeddings of the images, those of the different texts, and these texts, sorted.
    """
    plain = _plain_batch(pairs, np.arange(len(pairs)))
    with torch.no_grad():
        images, texts = _embedded(encoder, plain, chunk=chunk, runtime=runtime)
    return images.cpu().numpy(), texts.cpu().numpy(), plain.texts


def _embedded(
    encoder: TrainableEncoder, batch: PairBatch, *, chunk: int, runtime: Runtime
) -> tuple[Float[Tensor, "b d"], Float[Tensor, "t d"]]:
    """Embeddings of the images and of the different texts of a batch, computed chunk by chunk."""
    images, texts = (
        torch.cat([embed() for embed in chunks]) for chunks in _chunks(encoder, batch, chunk=chunk, runtime=runtime)
    )
    return images, texts


def _chunks(
    encoder: TrainableEncoder, batch: PairBatch, *, chunk: int, runtime: Runtime
) -> tuple[list[grad_cache.Embed], list[grad_cache.Embed]]:
    """Functions that embed one chunk of the images, or of the texts, each."""

    def embed_images(part: slice) -> Float[Tensor, "c d"]:
        with runtime.autocast():
            features = batch.pairs.images.features(encoder, batch.index[part], batch.view[part], runtime)
            if batch.feature_factors is not None:
                features = features * torch.from_numpy(batch.feature_factors[part]).to(runtime.device)
            return encoder.project(features)

    def embed_texts(part: slice) -> Float[Tensor, "c d"]:
        with runtime.autocast():
            return encoder.text_embedding(batch.texts[part])

    images: list[grad_cache.Embed] = [
        partial(embed_images, slice(i, i + chunk)) for i in range(0, len(batch.index), chunk)
    ]
    texts: list[grad_cache.Embed] = [
        partial(embed_texts, slice(i, i + chunk)) for i in range(0, len(batch.texts), chunk)
    ]
    return images, texts


def _loss(
    encoder: TrainableEncoder,
    batch: PairBatch,
    runtime: Runtime,
    images: Float[Tensor, "b d"],
    texts: Float[Tensor, "t d"],
) -> Float[Tensor, ""]:
    keys = torch.from_numpy(batch.pairs.keys[batch.index]).to(runtime.device)
    text_index = torch.from_numpy(batch.text_index).to(runtime.device)
    alike = (keys[:, None] == keys[None, :]) | (text_index[:, None] == text_index[None, :])
    scale = encoder.log_inverse_temperature().exp()
    return contrastive_loss.loss(images, texts[text_index], alike, scale=scale)


def _plain_batch(pairs: Pairs, index: Int[np.ndarray, "b"]) -> PairBatch:
    """Pairs at ``index``: images as they are with their first texts, nothing left out."""
    return _batch(pairs, index, np.zeros(len(index), np.int64), [pairs.texts[i][0] for i in index], None)


def _batch(
    pairs: Pairs,
    index: Int[np.ndarray, "b"],
    view: Int[np.ndarray, "b"],
    texts: list[str],
    factors: Float32[np.ndarray, "b f"] | None,
) -> PairBatch:
    different, text_index = np.unique(np.array(texts, object), return_inverse=True)
    return PairBatch(pairs, index, view, different.tolist(), text_index.astype(np.int64), factors)


def _one_sentence(text: str, random: np.random.Generator) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return sentences[random.integers(len(sentences))]


def _count(pairs: Pairs, batch: int) -> int:
    return len(_split(np.arange(len(pairs)), batch))


def _split(order: Int[np.ndarray, "n"], batch: int) -> list[Int[np.ndarray, "_"]]:
    return [order[i : i + batch] for i in range(0, len(order), batch) if len(order) - i >= 2]
