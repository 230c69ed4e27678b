"""What members of an ensemble say together."""

import numpy as np
import torch

from crackpipe.measures import ensemble


def test_members_that_agree_share_no_information_with_the_weights() -> None:
    mean, information = ensemble.mean_and_information(torch.full((4, 3), 0.5))
    assert mean.tolist() == [0.5] * 3
    np.testing.assert_allclose(information, 0, atol=1e-6)


def test_members_that_are_certain_of_opposites_share_ln_2() -> None:
    mean, information = ensemble.mean_and_information(torch.tensor([[0.0], [1.0]]))
    assert mean.tolist() == [0.5]
    np.testing.assert_allclose(information, np.log(2), atol=1e-4)
