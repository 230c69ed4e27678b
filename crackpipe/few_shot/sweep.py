"""One head on all subsets and seeds: what it says of every patch of the test set, and of those of another kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int64

from crackpipe import console
from crackpipe.errors import TableError
from crackpipe.few_shot import logistic, subsets, training, training_free
from crackpipe.few_shot.dataset import Material, check_classes
from crackpipe.few_shot.training import Labelled
from crackpipe.files import parquet, schemas

Settings = dict[str, Any]
Rows = Int64[np.ndarray, "s m"]
Queries = Float32[np.ndarray, "q d"]
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Said:
    """What the heads of s seeds say of q queries.

    Attributes:
        scores: probability of crack.
        mutual_information: of the label and the weights, in nats; ``None`` for heads without a posterior.
        losses: of each step of training; ``None`` without training.
    """

    scores: Float32[np.ndarray, "s q"]
    mutual_information: Float32[np.ndarray, "s q"] | None = None
    losses: Float32[np.ndarray, "s t"] | None = None


def run(
    head: str, material: Material, *, settings: Settings, shares: Sequence[int | float], seeds: int, seed: int
) -> list[parquet.Row]:
    """Rows of ``few_shot_scores``. T0 is the zero-shot head's alone: without training there is nothing else to say.

    Args:
        head: a name of :data:`HEADS`.
        settings: of that head, see its function.
        shares: see :func:`subsets.sizes`.
        seeds: trials, each with its own subsets and start.
        seed: of the first one; the others follow.

    Raises:
        TableError, ParamsError: a subset lacks a class or is larger than the pool; nothing is trained then.
    """
    sizes = subsets.sizes(shares, pool=len(material.pool))
    labels = material.pool.labels
    orders = [subsets.nested(labels, seed=seed + number) for number in range(seeds)]
    chosen = {name: np.stack([np.sort(order[:count]) for order in orders]) for name, count in sizes.items()}
    for name, rows in chosen.items():
        for number, members in enumerate(rows):
            if len(members):
                check_classes(labels[members], where=f"subset {name} of seed {seed + number}")
    queries = np.concatenate([material.test.vectors, material.ood.vectors])
    wanted = {name: rows for name, rows in chosen.items() if (head == "zero_shot") == (rows.shape[1] == 0)}
    found: list[parquet.Row] = []
    for name, rows in console.bar(wanted.items(), what=f"few_shot ({head})", total=len(wanted), unit="subsets"):
        said = HEADS[head](material, rows, queries, seed=seed, **settings)
        for number in range(seeds):
            row = {"subset": name, "seed": seed + number, "n_train": rows.shape[1], "score": said.scores[number]}
            extra = {"mutual_information": said.mutual_information, "loss": said.losses}
            found.append(row | {key: None if value is None else value[number] for key, value in extra.items()})
    return found


def linear(
    material: Material,
    rows: Rows,
    queries: Queries,
    *,
    seed: int,
    texts: bool,
    hidden: int,
    dropout: float,
    steps: int,
    batch: int,
    lr: float,
    weight_decay: float,
) -> Said:
    """See :func:`trained.linear`; ``texts``: on C_k = T_k + I, else on the image alone."""
    known = Labelled(material.pool.vectors, material.pool.labels, rows, material.classes if texts else None)
    found, losses = training.linear(
        known, seed=seed, hidden=hidden, dropout=dropout, steps=steps, batch=batch, lr=lr, weight_decay=weight_decay
    )
    return Said(training.predicted(found, queries)[0], losses=losses)


def bayesian(
    material: Material,
    rows: Rows,
    queries: Queries,
    *,
    seed: int,
    texts: bool,
    hidden: int,
    dropout: float,
    steps: int,
    batch: int,
    lr: float,
    prior_scale: float,
    guide: Literal["mean_field", "low_rank"],
    rank: int,
    init_scale: float,
    anneal: float,
    samples: int,
) -> Said:
    """See :func:`trained.bayesian`; ``texts``: on C_k = T_k + I, else on the image alone."""
    known = Labelled(material.pool.vectors, material.pool.labels, rows, material.classes if texts else None)
    found, losses = training.bayesian(
        known,
        seed=seed,
        hidden=hidden,
        dropout=dropout,
        steps=steps,
        batch=batch,
        lr=lr,
        prior_scale=prior_scale,
        guide=guide,
        rank=rank,
        init_scale=init_scale,
        anneal=anneal,
        samples=samples,
    )
    scores, information = training.predicted(found, queries)
    return Said(scores, mutual_information=information, losses=losses)


def zero_shot(material: Material, rows: Rows, queries: Queries, *, seed: int, scale: float) -> Said:
    """See :func:`training_free.zero_shot`; the same for every seed."""
    score = training_free.zero_shot(queries, material.classes, scale=scale)
    return Said(np.tile(score.astype(np.float32), (len(rows), 1)))


def logistic_regression(
    material: Material, rows: Rows, queries: Queries, *, seed: int, inverse_penalty: float, iterations: int
) -> Said:
    """See :func:`logistic.probability`."""
    return _of_each(
        material,
        rows,
        lambda x, y: logistic.probability(x, y, queries, inverse_penalty=inverse_penalty, iterations=iterations),
    )


def knn(material: Material, rows: Rows, queries: Queries, *, seed: int, k: int) -> Said:
    """See :func:`training_free.neighbours`."""
    return _of_each(material, rows, lambda x, y: training_free.neighbours(x, y, queries, k=k))


def tip_adapter(
    material: Material, rows: Rows, queries: Queries, *, seed: int, scale: float, alpha: float, beta: float
) -> Said:
    """See :func:`training_free.tip_adapter`."""
    return _of_each(
        material,
        rows,
        lambda x, y: training_free.tip_adapter(x, y, queries, material.classes, scale=scale, alpha=alpha, beta=beta),
    )


def _of_each(material: Material, rows: Rows, score: Score) -> Said:
    """``score`` of the training embeddings and labels of each seed; of equal subsets once."""
    known: dict[bytes, np.ndarray] = {}
    for members in rows:
        if members.tobytes() not in known:
            part = material.pool.vectors[members], material.pool.labels[members]
            known[members.tobytes()] = score(*part).astype(np.float32)
    return Said(np.stack([known[members.tobytes()] for members in rows]))


HEADS: dict[str, Callable[..., Said]] = {
    "zero_shot": zero_shot,
    "linear": linear,
    "linear_image": linear,
    "bayesian": bayesian,
    "bayesian_image": bayesian,
    "bayesian_low_rank": bayesian,
    "logistic": logistic_regression,
    "knn": knn,
    "tip_adapter": tip_adapter,
}


def write(path: Path, rows: Sequence[parquet.Row]) -> int:
    """Write rows of :func:`run`; return their number."""
    return parquet.write(path, schemas.FEW_SHOT_SCORES, rows)


def read(folder: Path, *, heads: Sequence[str]) -> dict[str, pd.DataFrame]:
    """What each head has said: rows of ``few_shot_scores``, by subset and seed.

    Raises:
        TableError: a head's table is missing, or another lies there, left by other parameters.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    if unknown := sorted(set(found) - set(heads)):
        raise TableError(
            f"{folder}: holds {', '.join(unknown)}, which few_shot.heads does not name: an earlier run with other "
            f"parameters has left it; remove {found[unknown[0]]}"
        )
    return {head: parquet.read(folder / f"{head}.parquet", schemas.FEW_SHOT_SCORES).to_pandas() for head in heads}
