"""Round numbers along an axis."""

import pytest

from crackpipe.apply.report_page.charts import axis


@pytest.mark.parametrize(
    ("top", "most", "step"),
    [(10, 5, 2), (10, 4, 2.5), (0.7, 4, 0.2), (1234, 5, 250), (5, 1, 5), (0.3, 3, 0.1), (6, 1, 10)],
)
def test_a_step_is_the_least_round_number_with_few_enough_parts(top: float, most: int, step: float):
    assert axis.step(top, most=most) == pytest.approx(step)


def test_ticks_run_from_nought_to_the_first_that_holds_the_top():
    assert axis.ticks(9, most=5) == [0, 2, 4, 6, 8, 10]
    assert axis.ticks(8, most=4) == [0, 2, 4, 6, 8]
