"""The largest entropy that need not go to a person, by the upper bound of its risk."""

from typing import Any

import numpy as np
import pytest

from crackpipe.measures import referral


def curve(wrong: np.ndarray, entropy: np.ndarray, **changed: Any) -> list[referral.Point]:
    """Decisions each of a structure of its own, none nearer to its truth than another."""
    settings: dict[str, Any] = {"error": np.full(len(wrong), 0.1), "groups": np.arange(len(wrong))}
    return referral.curve(wrong, entropy, **(settings | changed))


def test_the_chosen_point_keeps_the_most_whose_upper_bound_is_within_the_risk() -> None:
    wrong = np.array([False, False, True, False, True])
    points = curve(wrong, np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert [point["risk"] for point in points] == pytest.approx([0, 0, 1 / 3, 1 / 4, 2 / 5])
    chosen = referral.chosen(points, risk=0.81)
    assert chosen is not None
    assert (chosen["coverage"], chosen["entropy"]) == (0.8, 0.4)  # the whole has 0.8534, 2 of 3 have 0.9057
    assert chosen["risk_high"] == pytest.approx(0.8059, abs=1e-4)  # 1 of 4, Clopper and Pearson's table
    assert referral.chosen(points, risk=0.3) is None


def test_no_error_in_40_does_not_keep_everything_at_a_risk_of_5_percent() -> None:
    points = curve(np.zeros(40, bool), np.arange(40) / 100)
    assert points[-1]["risk"] == 0
    assert points[-1]["risk_high"] == pytest.approx(1 - 0.025 ** (1 / 40))
    assert referral.chosen(points, risk=0.05) is None
    assert referral.chosen(points, risk=0.1) == points[-1]
    assert referral.chosen(curve(np.zeros(80, bool), np.arange(80) / 100), risk=0.05) is not None


def test_decisions_that_agree_on_every_structure_count_as_one_each() -> None:
    wrong = np.repeat([True, False, False, False], 25)
    entropy = np.zeros(100)
    alone, together = curve(wrong, entropy)[0], curve(wrong, entropy, groups=np.repeat(np.arange(4), 25))[0]
    assert alone["risk_high"] == pytest.approx(0.3466, abs=1e-4)  # 25 of 100, Clopper and Pearson's table
    share = referral.effective_share(wrong, np.full(100, 0.1), np.repeat(np.arange(4), 25))
    assert share == pytest.approx((1.9842 / 3.1824) ** 2 / 33, rel=1e-3)  # design effect 4/3 · 25 · 99/100; t's table
    assert together["risk_high"] > 0.85


def test_without_a_mistake_how_alike_structures_are_shows_in_the_errors() -> None:
    right, structures = np.zeros(80, bool), np.repeat(np.arange(16), 5)
    unlike = np.tile([0.0, 0.1, 0.2, 0.3, 0.4], 16)
    alike = np.repeat(np.linspace(0, 0.4, 16), 5)
    (unlike_point,) = curve(right, np.zeros(80), error=unlike, groups=structures)
    (alike_point,) = curve(right, np.zeros(80), error=alike, groups=structures)
    assert unlike_point["risk_high"] < 0.06
    assert alike_point["risk_high"] > 0.18  # about that of 0 of 16


def test_the_bound_holds_for_other_structures_where_one_of_independent_decisions_does_not() -> None:
    random = np.random.default_rng(0)
    structures = np.repeat(np.arange(30), 20)
    held = {"over structures": 0, "independent": 0}
    for _ in range(300):
        rate = random.beta(0.2, 1.8, 30)  # a tenth of all decisions is wrong, on some structures most are
        wrong = random.random(600) < rate[structures]
        entropy = np.zeros(600)
        held["over structures"] += curve(wrong, entropy, groups=structures)[0]["risk_high"] >= 0.1
        held["independent"] += curve(wrong, entropy)[0]["risk_high"] >= 0.1
    assert held["over structures"] >= 0.95 * 300
    assert held["independent"] < 0.8 * 300


def test_sure_decisions_that_are_alike_are_not_taken_for_as_many_as_all_are() -> None:
    """Half of each structure's decisions are sure, and wrong together; the other half is unsure and independent."""
    random = np.random.default_rng(1)
    structures, held = np.repeat(np.arange(30), 20), 0
    entropy = np.tile(np.repeat([0.1, 0.6], 10), 30)
    for _ in range(200):
        together = np.repeat(random.random(30) < 0.1, 20)
        wrong = np.where(entropy < 0.3, together, random.random(600) < 0.1)
        held += curve(wrong, entropy, groups=structures)[0]["risk_high"] >= 0.1
    assert held >= 0.94 * 200


def test_decisions_that_are_kept_of_one_structure_alone_promise_nothing() -> None:
    entropy, structures = np.repeat([0.1, 0.6], 50), np.repeat([0, 1], 50)
    first, _ = curve(np.zeros(100, bool), entropy, groups=structures)
    assert first["risk_high"] == 1


def test_one_structure_tells_nothing_of_others() -> None:
    with pytest.raises(ValueError, match="got 1 structure; what holds beyond it takes at least two"):
        curve(np.zeros(5, bool), np.zeros(5), groups=np.zeros(5, int))
