"""The largest entropy that need not go to a person, by the upper bound of its risk."""

import numpy as np
import pytest

from crackpipe.measures import referral


def test_the_chosen_point_keeps_the_most_whose_upper_bound_is_within_the_risk() -> None:
    wrong = np.array([False, False, True, False, True])
    points = referral.curve(wrong, np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert [point["risk"] for point in points] == pytest.approx([0, 0, 1 / 3, 1 / 4, 2 / 5])
    chosen = referral.chosen(points, risk=0.81)
    assert chosen is not None
    assert (chosen["coverage"], chosen["entropy"]) == (0.8, 0.4)  # the whole has 0.8534, 2 of 3 have 0.9057
    assert chosen["risk_high"] == pytest.approx(0.8059, abs=1e-4)  # 1 of 4, Clopper and Pearson's table
    assert referral.chosen(points, risk=0.3) is None


def test_no_error_in_40_does_not_keep_everything_at_a_risk_of_5_percent() -> None:
    points = referral.curve(np.zeros(40, bool), np.arange(40) / 100)
    assert points[-1]["risk"] == 0
    assert points[-1]["risk_high"] == pytest.approx(1 - 0.025 ** (1 / 40))
    assert referral.chosen(points, risk=0.05) is None
    assert referral.chosen(points, risk=0.1) == points[-1]
    assert referral.chosen(referral.curve(np.zeros(80, bool), np.arange(80) / 100), risk=0.05) is not None
