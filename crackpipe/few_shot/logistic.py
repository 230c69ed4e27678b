"""Logistic regression on the image embedding alone, with scikit-learn: the probability of crack."""

import numpy as np
from jaxtyping import Float32, Float64, Int64


def probability(
    train: Float32[np.ndarray, "n d"],
    labels: Int64[np.ndarray, "n"],
    queries: Float32[np.ndarray, "q d"],
    *,
    inverse_penalty: float,
    iterations: int,
) -> Float64[np.ndarray, "q"]:
    """Probability of crack of each query; nothing is drawn at random.

    Embeddings are centred and brought to a mean square length of 1 over ``train`` first, so that the penalty means
    the same for any encoder.

    Args:
        train, queries: embeddings.
        labels: 1 crack, 0 none.
        inverse_penalty: C, the inverse strength of the L2 penalty on the weights.
        iterations: of L-BFGS, at most.
    """
    from sklearn.linear_model import LogisticRegression

    centre = train.mean(axis=0, dtype=np.float64)
    scale = max(np.sqrt(np.square(train - centre).sum(axis=1).mean()), 1e-6)
    model = LogisticRegression(C=inverse_penalty, max_iter=iterations).fit((train - centre) / scale, labels)
    return model.predict_proba((queries - centre) / scale)[:, 1]
