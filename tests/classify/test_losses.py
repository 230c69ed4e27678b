"""Losses against their formula."""

import numpy as np
import torch

from crackpipe.classify import losses


def test_cross_entropy_is_the_mean_negative_log_likelihood() -> None:
    logits = np.array([[2.0, -1.0], [0.5, 0.5], [-3.0, 4.0]])
    labels = np.array([0, 1, 0])
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log(probability[np.arange(3), labels]).mean()
    found = losses.LOSSES["cross_entropy"](torch.from_numpy(logits), torch.from_numpy(labels))
    assert found.shape == ()
    assert np.isclose(found.item(), expected)
