"""params.yaml: losses and their comparison; what must fit together."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from crackpipe import params
from crackpipe.errors import ParamsError

RIGHT = params.load(Path(__file__).parents[2] / "params.yaml").model_dump()


def changed(**calibrate: Any) -> dict[str, Any]:
    tree = deepcopy(RIGHT)
    tree["calibrate"] |= calibrate
    return tree


def test_a_loss_is_named_by_its_section_or_as_a_variant_of_aicl() -> None:
    checked = params.check(changed(variants={"aicl_far": {"epsilon": 0.5}}, aicl_variants=[]), where="p.yaml")
    assert checked.loss("flsd") == ("flsd", RIGHT["losses"]["flsd"])
    assert checked.loss("aicl_far") == ("aicl", RIGHT["losses"]["aicl"] | {"epsilon": 0.5})
    with pytest.raises(ParamsError, match=r"LOSS: got 'focal', but losses and calibrate\.variants hold .*aicl_far"):
        checked.loss("focal")


@pytest.mark.parametrize(
    ("calibrate", "message"),
    [
        ({"variants": {"flsd": {}}}, r"calibrate\.variants names \['flsd'\], which are losses of their own"),
        ({"variants": {"far": {"steps": 0}}, "aicl_variants": []}, r"calibrate\.variants\.far\.steps: got 0"),
        ({"variants": {}, "aicl_variants": ["far"]}, r"calibrate\.aicl_variants names \['far'\], but"),
        ({"seeds": [0, 1, 0]}, r"calibrate\.seeds: got \[0, 1, 0\]; \[0\] stand there more than once; name each once"),
        ({"losses": ["flsd", "flsd"]}, r"calibrate\.losses: got .* name each once"),
        ({"aicl_variants": ["aicl_far", "aicl_far"]}, r"calibrate\.aicl_variants: got .* name each once"),
        ({"backbones": ["resnet50", "resnet50"]}, r"calibrate\.backbones: got .* name each once"),
        ({"train_on": ["all", "all"]}, r"calibrate\.train_on: got .* name each once"),
        ({"train_on": ["nosuch"]}, r"calibrate\.train_on names \['nosuch'\], expected some of \['all', 'demo'\]"),
        ({"losses": ["focal"]}, r"calibrate\.losses\.0: got 'focal'"),
        ({"seeds": []}, r"calibrate\.seeds"),
    ],
)
def test_what_does_not_fit_together_is_told(calibrate: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        params.check(changed(**calibrate), where="p.yaml")


@pytest.mark.parametrize("name", ["aicl", "aicl_hybrid"])
def test_a_burn_in_that_outlasts_the_training_is_refused(name: str) -> None:
    chosen = {"losses": [name], "aicl_variants": []} if name == "aicl" else {"losses": [], "aicl_variants": [name]}
    tree = changed(**chosen)
    tree["train_classifier"]["epochs"] = 3
    tree["losses"]["aicl"]["burn_in_epochs"] = 2
    params.check(tree, where="p.yaml")
    tree["losses"]["aicl"]["burn_in_epochs"] = 3
    with pytest.raises(ParamsError, match=rf"{name} begins after 3 burn-in epochs, but train_classifier\.epochs is 3"):
        params.check(tree, where="p.yaml")


def test_no_setting_of_a_loss_that_is_not_trained_with_is_refused() -> None:
    tree = changed(losses=["cross_entropy"], aicl_variants=[])
    tree["losses"]["aicl"]["burn_in_epochs"] = 99
    params.check(tree, where="p.yaml")


@pytest.mark.parametrize("gamma", [0.5, -1.0])
def test_a_focal_exponent_with_nan_in_its_gradient_is_refused(gamma: float) -> None:
    tree = deepcopy(RIGHT)
    tree["losses"]["flsd"]["gamma_sure"] = gamma
    with pytest.raises(ParamsError, match=r"losses\.flsd\.gamma_sure: got .*; expected 0 .* or at least 1"):
        params.check(tree, where="p.yaml")


ONE_CHANGE = {
    "aicl_hybrid": {"against", "start"},
    "aicl_equation_7": {"against", "start", "pairs", "hinge", "detach"},
    "aicl_sample": {"level"},
    "aicl_no_burn_in": {"burn_in_epochs"},
    **{f"aicl_steps_{k}": {"steps"} for k in (1, 3, 10)},
    **{f"aicl_weight_{name}": {"weight"} for name in ("05", "1", "4")},
    "aicl_far": {"epsilon", "step_size"},
}


@pytest.mark.parametrize("name", ONE_CHANGE)
def test_an_ablation_differs_from_the_authors_code_in_what_it_is_named_for(name: str) -> None:
    checked = params.check(RIGHT, where="p.yaml")
    code, variant = checked.loss("aicl")[1], checked.loss(name)[1]
    assert {key for key in code if variant[key] != code[key]} == ONE_CHANGE[name]


def test_cells_are_named_in_the_order_of_the_matrix() -> None:
    named = {
        "losses": ["cross_entropy"],
        "aicl_variants": ["aicl_hybrid"],
        "train_on": ["all", "demo"],
        "seeds": [0, 2],
    }
    checked = params.check(changed(**named), where="p.yaml").calibrate.cells()
    assert [cell[2:] for cell in checked[:4]] == [("all", 0), ("all", 2), ("demo", 0), ("demo", 2)]
    assert checked[4] == ("aicl_hybrid", "tf_efficientnet_lite0", "all", 0)
    assert len(checked) == 8


ALEXNET = {
    "train_classifier.backbone": "alexnet",
    "train_classifier.weights": "none",
    "train_segmenter.networks": [],
    "train_segmenter.adapters": ["text_adapters"],
    "self_label.segmenter": "text_adapters",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train_classifier.weights": "hub"},
            r"train_classifier\.weights is hub, which has none of alexnet; set it to",
        ),
        (
            {"train_segmenter.networks": ["unet"], "train_segmenter.unet.encoder": "alexnet"},
            r"train_segmenter\.unet\.encoder: got alexnet, which is a patch classifier alone; set another",
        ),
        (
            {"align_clip.encoder": "dual", "align_clip.trunk": "classifier"},
            r"align_clip\.trunk is classifier, but train_classifier\.backbone is alexnet.*set align_clip\.trunk",
        ),
    ],
)
def test_alexnet_classifies_patches_and_is_refused_where_it_cannot_be_taken(
    changes: dict[str, Any], message: str
) -> None:
    def tree(**keys: Any) -> dict[str, Any]:
        found = deepcopy(RIGHT)
        for key, value in keys.items():
            *above, last = key.split(".")
            section = found
            for part in above:
                section = section[part]
            section[last] = value
        return found

    params.check(tree(**ALEXNET), where="p.yaml")
    with pytest.raises(ParamsError, match=message):
        params.check(tree(**(ALEXNET | changes)), where="p.yaml")
