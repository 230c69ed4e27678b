"""Heads by name: each learns from the subsets of several seeds and scores the same queries."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from crackpipe.errors import ModelError
from crackpipe.few_shot import logistic, training, training_free
from crackpipe.few_shot.dataset import FewShotData
from crackpipe.few_shot.settings import (
    BayesianSettings,
    LinearSettings,
    LogisticSettings,
    NeighbourSettings,
    TipAdapterSettings,
    ZeroShotSettings,
)
from crackpipe.few_shot.training import TrainingSubsets
from crackpipe.params import extensions

Rows = Int64[np.ndarray, "s m"]
Queries = Float32[np.ndarray, "q d"]


@dataclass(frozen=True, slots=True)
class HeadOutput:
    """Scores of q queries by the heads of s seeds.

    Attributes:
        scores: probability of crack.
        mutual_information: of the label and the weights, in nats; ``None`` for heads without a posterior.
        losses: of each step of training, in nats; ``None`` without training.
    """

    scores: Float32[np.ndarray, "s q"]
    mutual_information: Float32[np.ndarray, "s q"] | None = None
    losses: Float32[np.ndarray, "s t"] | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """One kind of head.

    Attributes:
        settings: record of its settings, whose fields are named as in ``params.yaml``.
        evaluate: takes the data, rows of the pool that each of s seeds learns from, queries, settings and a seed.
    """

    settings: type[Any]
    evaluate: Callable[[FewShotData, Rows, Queries, Any, int], HeadOutput]


def linear(data: FewShotData, rows: Rows, queries: Queries, settings: LinearSettings, seed: int) -> HeadOutput:
    """Train heads with ordinary weights, and score the queries; see :func:`training.linear`."""
    networks, losses = training.linear(_subsets(data, rows, texts=settings.texts), settings=settings, seed=seed)
    return HeadOutput(training.predicted(networks, queries)[0], losses=losses)


def bayesian(data: FewShotData, rows: Rows, queries: Queries, settings: BayesianSettings, seed: int) -> HeadOutput:
    """Train heads with random weights, and score the queries; see :func:`training.bayesian`."""
    networks, losses = training.bayesian(_subsets(data, rows, texts=settings.texts), settings=settings, seed=seed)
    scores, information = training.predicted(networks, queries)
    return HeadOutput(scores, mutual_information=information, losses=losses)


def zero_shot(data: FewShotData, rows: Rows, queries: Queries, settings: ZeroShotSettings, _seed: int) -> HeadOutput:
    """Score the queries by the texts alone, the same for every seed; see :func:`training_free.zero_shot`."""
    score = training_free.zero_shot(queries, data.classes, scale=settings.scale)
    return HeadOutput(np.tile(score.astype(np.float32), (len(rows), 1)))


def logistic_regression(
    data: FewShotData, rows: Rows, queries: Queries, settings: LogisticSettings, _seed: int
) -> HeadOutput:
    """Score the queries by logistic regression; see :func:`logistic.probability`."""

    def score(train: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return logistic.probability(
            train, labels, queries, inverse_penalty=settings.inverse_penalty, iterations=settings.iterations
        )

    return _of_each_subset(data, rows, score)


def knn(data: FewShotData, rows: Rows, queries: Queries, settings: NeighbourSettings, _seed: int) -> HeadOutput:
    """Score the queries by their nearest neighbours; see :func:`training_free.neighbours`."""

    def score(train: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return training_free.neighbours(train, labels, queries, k=settings.k)

    return _of_each_subset(data, rows, score)


def tip_adapter(
    data: FewShotData, rows: Rows, queries: Queries, settings: TipAdapterSettings, _seed: int
) -> HeadOutput:
    """Score the queries by a cache beside the texts; see :func:`training_free.tip_adapter`."""

    def score(train: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return training_free.tip_adapter(
            train, labels, queries, data.classes, scale=settings.scale, alpha=settings.alpha, beta=settings.beta
        )

    return _of_each_subset(data, rows, score)


def oracle_text(data: FewShotData, rows: Rows, queries: Queries, settings: LogisticSettings, _seed: int) -> HeadOutput:
    """Score the queries by logistic regression on image + text of the TRUE class: it is told what it is to find out.

    No method, but a test of how Crack-CLIP's fused feature C = T + I may be read: if T is the text of the label, the
    label is an input, and 100 % no surprise.

    Raises:
        ModelError: the queries are not the test patches and those of another kind, whose labels are known.
    """
    own = np.concatenate([data.test.vectors, data.ood.vectors])
    if not np.array_equal(queries, own):
        raise ModelError("oracle_text reads the labels of what it scores: it works in the pipeline's trials alone")
    told = _with_text(queries, np.concatenate([data.test.labels, data.ood.labels]), data.classes)
    pool = _with_text(data.pool.vectors, data.pool.labels, data.classes)

    def score(train: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return logistic.probability(
            train, labels, told, inverse_penalty=settings.inverse_penalty, iterations=settings.iterations
        )

    return _of_each_subset(replace(data, pool=replace(data.pool, vectors=pool)), rows, score)


HEADS: dict[str, Head] = {
    "zero_shot": Head(ZeroShotSettings, zero_shot),
    "linear": Head(LinearSettings, linear),
    "linear_image": Head(LinearSettings, linear),
    "bayesian": Head(BayesianSettings, bayesian),
    "bayesian_image": Head(BayesianSettings, bayesian),
    "bayesian_low_rank": Head(BayesianSettings, bayesian),
    "logistic": Head(LogisticSettings, logistic_regression),
    "knn": Head(NeighbourSettings, knn),
    "tip_adapter": Head(TipAdapterSettings, tip_adapter),
    "oracle_text": Head(LogisticSettings, oracle_text),
}


def find(name: str) -> Head:
    """The head of this name: one of :data:`HEADS`, or an extension."""
    if name in HEADS:
        return HEADS[name]
    own = extensions.found(extensions.Head)[name]
    return Head(type(own.settings), own.make)


def names() -> tuple[str, ...]:
    """Names of :data:`HEADS` and of the extensions."""
    return extensions.names(extensions.Head, HEADS)


def _subsets(data: FewShotData, rows: Rows, *, texts: bool) -> TrainingSubsets:
    return TrainingSubsets(data.pool.vectors, data.pool.labels, rows, data.classes if texts else None)


def _with_text(
    vectors: Float32[np.ndarray, "n d"], labels: Int64[np.ndarray, "n"], classes: Float32[np.ndarray, "2 d"]
) -> Float32[np.ndarray, "n d"]:
    """Embeddings plus the direction of their label's text, of length 1."""
    summed = vectors + classes[labels]
    return summed / np.linalg.norm(summed, axis=1, keepdims=True)


def _of_each_subset(data: FewShotData, rows: Rows, score: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> HeadOutput:
    """Apply ``score`` to the training embeddings and labels of each seed; to equal subsets once."""
    scores: dict[bytes, np.ndarray] = {}
    for members in rows:
        if members.tobytes() not in scores:
            subset = data.pool.vectors[members], data.pool.labels[members]
            scores[members.tobytes()] = score(*subset).astype(np.float32)
    return HeadOutput(np.stack([scores[members.tobytes()] for members in rows]))
