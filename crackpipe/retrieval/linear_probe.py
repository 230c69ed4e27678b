"""Logistic regression on embeddings; one against the rest for each label where an item may have several."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64


def predict(
    train: Float[np.ndarray, "n d"],
    labels: Bool[np.ndarray, "n c"],
    queries: Float[np.ndarray, "q d"],
    *,
    several: bool,
    inverse_penalty: float,
    standardise: bool,
    iterations: int,
) -> Bool[np.ndarray, "q c"]:
    """Labels of the queries; nothing is drawn at random.

    A class that all items of ``train`` have, or none, is predicted for all queries, or for none.

    Args:
        train, queries: embeddings.
        labels: which of c classes each item of ``train`` has.
        several: whether an item may have several labels, or none: then each class of probability ≥ 0.5 is predicted.
            Else the most probable class (multinomial).
        inverse_penalty: C, the inverse strength of the L2 penalty on the weights.
        standardise: whether each dimension is brought to mean 0 and variance 1 over ``train`` first.
        iterations: of L-BFGS, at most.
    """
    known, unknown = train.astype(np.float64), queries.astype(np.float64)
    if standardise:
        mean, spread = known.mean(axis=0), known.std(axis=0)
        spread[spread == 0] = 1
        known, unknown = (known - mean) / spread, (unknown - mean) / spread
    if not several:
        classes = _most_probable(known, labels.argmax(axis=1), unknown, inverse_penalty, iterations)
        return np.arange(labels.shape[1]) == classes[:, None]
    columns = [
        _most_probable(known, column.astype(np.int64), unknown, inverse_penalty, iterations) for column in labels.T
    ]
    return np.stack(columns, axis=1) == 1


def _most_probable(
    train: Float64[np.ndarray, "n d"],
    classes: Int64[np.ndarray, "n"],
    queries: Float64[np.ndarray, "q d"],
    inverse_penalty: float,
    iterations: int,
) -> Int64[np.ndarray, "q"]:
    """The most probable class of each query."""
    from sklearn.linear_model import LogisticRegression

    if classes.min() == classes.max():  # nothing to tell apart
        return np.full(len(queries), classes[0])
    model = LogisticRegression(C=inverse_penalty, max_iter=iterations).fit(train, classes)
    return model.predict(queries).astype(np.int64)
