"""params.yaml: losses and their comparison; what must fit together."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from crackpipe import params
from crackpipe.errors import ParamsError

RIGHT = params.load(Path(__file__).parents[1] / "params.yaml").model_dump()


def changed(**calibrate: Any) -> dict[str, Any]:
    tree = deepcopy(RIGHT)
    tree["calibrate"] |= calibrate
    return tree


def test_a_loss_is_named_by_its_section_or_as_a_variant_of_aicl() -> None:
    found = params.check(changed(variants={"aicl_far": {"epsilon": 0.5}}, aicl_variants=[]), where="p.yaml")
    assert found.loss("flsd") == ("flsd", RIGHT["losses"]["flsd"])
    assert found.loss("aicl_far") == ("aicl", RIGHT["losses"]["aicl"] | {"epsilon": 0.5})
    with pytest.raises(ParamsError, match=r"LOSS: got 'focal', but losses and calibrate\.variants hold .*aicl_far"):
        found.loss("focal")


@pytest.mark.parametrize(
    ("calibrate", "said"),
    [
        ({"variants": {"flsd": {}}}, r"calibrate\.variants names \['flsd'\], which are losses of their own"),
        ({"variants": {"far": {"steps": 0}}, "aicl_variants": []}, r"calibrate\.variants\.far\.steps: got 0"),
        ({"variants": {}, "aicl_variants": ["far"]}, r"calibrate\.aicl_variants names \['far'\], but"),
        ({"losses": ["focal"]}, r"calibrate\.losses\.0: got 'focal'"),
        ({"seeds": []}, r"calibrate\.seeds"),
    ],
)
def test_what_does_not_fit_together_is_told(calibrate: dict[str, Any], said: str) -> None:
    with pytest.raises(ParamsError, match=said):
        params.check(changed(**calibrate), where="p.yaml")


def test_cells_are_named_in_the_order_of_the_matrix() -> None:
    named = {"losses": ["cross_entropy"], "aicl_variants": ["aicl_label"], "train_on": ["all", "demo"], "seeds": [0, 2]}
    found = params.check(changed(**named), where="p.yaml").calibrate.cells()
    assert found[:3] == [f"cross_entropy-tf_efficientnet_lite0-{cell}" for cell in ("all-0", "all-2", "demo-0")]
    assert found[4] == "aicl_label-tf_efficientnet_lite0-all-0"
    assert len(found) == 8
