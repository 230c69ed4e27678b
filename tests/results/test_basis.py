"""What a row of ours stands on."""

from typing import Any

import pytest

from crackpipe.results import basis
from crackpipe.results.record import Run

UNET = {"encoder": "resnet50", "weights": "classifier", "width": 0.25, "steps": 180, "batch": 8}
PARAMS = {
    "train_classifier": {"backbone": "resnet50", "weights": "package", "epochs": 3, "patches_per_epoch": 8000},
    "train_segmenter": {"photos": None, "unet": UNET, "text_adapters": {"epochs": 1}},
    "segment": {"scales": [0.5, 1.0]},
    "align_clip": {"encoder": "dual", "trunk": "classifier", "text_layers": 3},
    "few_shot": {"seeds": 3},
    "calibrate": {"train_from": "layer4", "seeds": [0, 1]},
}
INGEST = {"crack500": {"train": {"photos": 1436}, "test": {"photos": 354}}, "cfd": {"test": {"photos": 118}}}


def run(**changed: Any) -> Run:
    return Run("crack500", {**PARAMS, **changed}, {"ingest": INGEST})


def test_a_network_may_tell_epochs_in_place_of_steps() -> None:
    changed = {**PARAMS["train_segmenter"], "unet": {**UNET, "steps": None, "epochs": 30.0}}
    told = basis.segmenter(run(train_segmenter=changed), "unet", "cam_crf")
    assert "; 30 epochs in batches of 8;" in told


def test_a_network_tells_encoder_width_steps_photographs_and_scales() -> None:
    assert basis.segmenter(run(), "unet", "truth") == (
        "resnet50 (the patch classifier's weights), width 0.25; 180 steps in batches of 8; photographs: "
        "1436 of crack500; maps at scales 0.5, 1.0"
    )


def test_halved_sizes_and_things_drawn_into_windows_are_told() -> None:
    changed = {**PARAMS["train_segmenter"], "augment": {"lookalikes_p": 0.5}}
    told = basis.segmenter(run(train_segmenter=changed, segment={"scales": [1.0], "octaves_px": 64}), "unet", "truth")
    assert told.endswith("; shadows, joints and stains drawn in; maps at scale 1.0 and halves of it")


def test_a_variant_of_labels_tells_its_own_patches() -> None:
    changed = run(
        pseudo_label={"cam_location": {"patch_side_px": 64}},
        ablate={"cam_location": {"full": {}, "patch_32": {"patch_side_px": 32}}},
    )
    told = {name: basis.labels(changed, "cam_location", variant=name) for name in ("full", "patch_32")}
    assert "localised by patches of 64 px" in told["full"]
    assert "localised by patches of 32 px" in told["patch_32"]


def test_photographs_that_a_limit_left_out_are_told() -> None:
    limited = {**PARAMS["train_segmenter"], "photos": 1000}
    assert "1436 of crack500 (at most 1000)" in basis.segmenter(run(train_segmenter=limited), "unet", "truth")


def test_adapters_tell_the_encoder_that_they_stand_on() -> None:
    small = "small encoder (EfficientNet-Lite0 of the patch classifier, 3-layer text tower); 1 pass of the windows"
    assert basis.segmenter(run(segment={}), "text_adapters", "truth") == f"{small}; photographs: 1436 of crack500"
    clip = {"encoder": "open_clip", "open_clip_model": "ViT-L-14", "weights": "openai"}
    windows = {"embed_windows": {"side_px": 224}, "segment": {"erosions": 3}}
    told = basis.segmenter(run(**windows), "text_adapters", "truth")
    assert "; 1 pass of windows of 224 px; " in told
    assert told.endswith("; maps eroded 3 times")
    assert basis.segmenter(run(align_clip=clip), "text_adapters", "truth").startswith(
        "CLIP ViT-L-14 (openai weights); 1 pass"
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            lambda run: basis.labels(run, "truth"),
            "resnet50 (ImageNet's weights), 3 × 8000 patches; photographs: 1436 of crack500",
        ),
        (basis.classifier, "resnet50 (ImageNet's weights), 3 × 8000 patches; photographs: 1436 of crack500"),
        (basis.calibrated, "ImageNet's weights; trained from layer4 on; 3 × 8000 patches"),
        (basis.heads, "small encoder (EfficientNet-Lite0 of the patch classifier, 3-layer text tower)"),
    ],
)
def test_labels_classifiers_and_heads_tell_theirs(told: Any, expected: str) -> None:
    assert told(run()) == expected


def test_labels_and_what_is_trained_on_them_tell_the_sides_of_the_patches() -> None:
    methods = {"cam_location": {"patch_side_px": 64}, "soft_location": {"patch_sides_px": [128, 64]}}
    assert "; localised by patches of 64 px; photographs" in basis.labels(run(pseudo_label=methods), "cam_location")
    told = basis.segmenter(run(pseudo_label=methods), "unet", "self_soft_location")
    assert "; localised by patches of 128, 64 px" in told


def test_a_run_that_tells_nothing_has_rows_without() -> None:
    empty = Run("old", {}, {})
    assert basis.labels(empty, "cam") == basis.segmenter(empty, "unet", "cam") == basis.heads(empty) == ""
