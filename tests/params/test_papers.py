"""A composition that is named after a paper holds what the paper writes, value by value."""

from pathlib import Path
from typing import Any

import pytest

from crackpipe.params import compose

CONF = Path(__file__).parents[2] / "conf"
ALL = 1_000_000  # more patches than there are: an epoch takes each once
PATCHES = {"slice.side_px": 128, "slice.stride_px": 64, "slice.symmetries": 8, "slice.min_crack_px": 1}
CLASSIFIER = {
    "train_classifier.backbone": "resnet50",
    "train_classifier.loss": "cross_entropy",
    "train_classifier.batch": 16,
    "train_classifier.patches_per_epoch": ALL,
    "train_classifier.crack_share": None,
    "train_classifier.optimiser": "sgd",
    "train_classifier.momentum": 0.9,
    "train_classifier.lr": 0.001,
    "train_classifier.lr_gamma": 0.1,
    "train_classifier.augment.sides_px": [128],
}
CAM_LOCATION = {
    "localisation_maps.cam.kind": "gradcam++",
    "pseudo_label.keep_px": 100,
    "pseudo_label.cam_location.patch_side_px": 32,
    "pseudo_label.cam_location.upsample": "lanczos",
    "pseudo_label.cam_location.threshold": 0.5,
    "pseudo_label.cam_location.erosions": 4,
    "pseudo_label.cam_location.dark_side_px": 32,
    "pseudo_label.cam_location.dark_stride_px": 8,
    "pseudo_label.cam_location.dark_classes": 3,
    "pseudo_label.cam_location.bilateral_sigma": 120.0,
    "pseudo_label.cam_location.closings": 1,
}
TESTED = {
    "train_segmenter.photos": None,
    "train_segmenter.soft_labels": False,
    "self_label.labels": [],
    "segment.scales": [1.0],
    "segment.dark_share": 0.0,
    "segment.flips": 1,
}
NETWORK = {"epochs": 30, "steps": None, "batch": 4, "lr": 0.001, "width": 1.0}
KOENIG = {
    **PATCHES,
    **CLASSIFIER,
    **CAM_LOCATION,
    **TESTED,
    "train_classifier.epochs": 3,
    "train_classifier.head": "hidden_1000",
    "train_classifier.lr_milestones": [1, 2],
    "train_segmenter.networks": ["unet", "deepcrack_liu", "deepcrack_zou", "oed"],
    "train_segmenter.labels": ["cam_location", "cam_crf", "truth"],
    "train_segmenter.optimise.loss": "bce",
    "train_segmenter.optimise.optimiser": "sgd",
    "train_segmenter.optimise.momentum": 0.9,
    "train_segmenter.optimise.schedule": "step",
    "train_segmenter.optimise.lr_gamma": 0.1,
    "train_segmenter.augment.symmetries": "all",
    **{f"train_segmenter.augment.{key}": 1.0 for key in ("scale_min", "scale_max")},
    **{f"train_segmenter.augment.{key}": 0.0 for key in ("rotation_deg", "grey_p", "blur_p")},
    **{f"train_segmenter.augment.{key}": 0.0 for key in ("thin_cracks_p", "lookalikes_p")},
    "train_segmenter.oed.encoder": "tf_efficientnet_b5",
    "train_segmenter.oed.weights": "hub",
    "train_segmenter.oed.gates": True,
    "segment.side_px": None,
    "segment.erosions": 0,
    **{
        f"train_segmenter.{network}.{key}": value
        for network in ("unet", "deepcrack_liu", "deepcrack_zou", "oed")
        for key, value in NETWORK.items()
    },
}
CRACKCLIP = {
    **PATCHES,
    **CLASSIFIER,
    **CAM_LOCATION,
    **TESTED,
    "train_classifier.epochs": 10,
    "train_classifier.lr_milestones": list(range(1, 10)),
    "align_clip.encoder": "open_clip",
    "align_clip.open_clip_model": "ViT-L-14-quickgelu",
    "align_clip.weights": "openai",
    "align_clip.image_px": 518,
    "embed_windows.side_px": 518,
    "embed_windows.fit": "resize",
    "embed_windows.views": 1,
    "embed_windows.stages": [1, 2, 3, 4],
    "train_segmenter.networks": [],
    "train_segmenter.adapters": ["text_adapters"],
    "train_segmenter.labels": ["cam_location", "cam_crf", "cam", "truth"],
    "train_segmenter.text_adapters.epochs": 3,
    "train_segmenter.text_adapters.batch": 8,
    "train_segmenter.text_adapters.lr": 0.001,
    "train_segmenter.text_adapters.focal_alpha": 1.0,
    "train_segmenter.text_adapters.focal_gamma": 2.0,
    "train_segmenter.text_adapters.dice": "squared",
    "train_segmenter.text_adapters.loss_on": "map",
    "train_segmenter.text_adapters.combine": "sum",
    "prompts.wording": "crack",
    "align_clip.epochs": 0,
    "ablate_adapters.variants": ["normal", "crack"],
    "segment.side_px": 518,
    "segment.erosions": 3,
    "train_segmenter.augment.symmetries": "none",
    **{f"train_segmenter.augment.{key}": 0.0 for key in ("rotation_deg", "contrast", "brightness", "thin_cracks_p")},
    **{f"train_segmenter.augment.{key}": 0.0 for key in ("grey_p", "blur_p", "noise_p", "lookalikes_p")},
    **{f"train_segmenter.augment.{key}": 1.0 for key in ("scale_min", "scale_max")},
}
MATCHED = {"texts": True, "principal_axes": True, "hidden": 64, "dropout": 0.3, "steps": 600, "batch": 128}
CRACK_CLIP = {
    "align_clip.open_clip_model": "ViT-B-32-quickgelu",
    "align_clip.weights": "openai",
    "few_shot.encoder": "base",
    "few_shot.pool": 10_000,
    "few_shot.test": 10_000,
    "few_shot.crack_texts": ["A picture with cracks"],
    "few_shot.no_crack_texts": ["A picture without cracks"],
    "few_shot.subsets": [0.0, 0.01, 0.05, 0.1, 0.5, 1.0],
    "few_shot.heads": ["zero_shot", "linear", "bayesian"],
    "few_shot.bayesian.prior_scale": 1.0,
    "few_shot.bayesian.guide": "mean_field",
    **{f"few_shot.{head}.{key}": value for head in ("linear", "bayesian") for key, value in MATCHED.items()},
}
AICL = {
    "train_classifier.epochs": 40,
    "train_classifier.batch": 64,
    "train_classifier.optimiser": "adam",
    "train_classifier.lr": 0.01,
    "train_classifier.lr_gamma": 0.1,
    "train_classifier.lr_milestones": [15, 25],
    "train_classifier.augment.sides_px": [224],
    "calibrate.backbones": ["resnet50", "vgg16"],
    "calibrate.train_from": None,
    "calibrate.aicl_variants": [  # equation 7, Table 4 and Figure 5
        *("aicl_equation_7", "aicl_sample", "aicl_no_burn_in", "aicl_steps_1", "aicl_steps_3", "aicl_steps_10"),
        *("aicl_weight_05", "aicl_weight_1", "aicl_weight_4"),
    ],
    "losses.aicl.weight": 2.0,
    "losses.aicl.burn_in_epochs": 10,
    "losses.aicl.steps": 5,
    "losses.aicl.epsilon": 0.102,
    "losses.aicl.step_size": 0.051 / 4,
    "losses.aicl.against": "label",
    "losses.aicl.start": "uniform",
}
BRIDGECLIP = {
    "align_clip.open_clip_model": "ViT-B-32",
    "align_clip.weights": "laion2b_s34b_b79k",
    "align_clip.freeze": "none",
    "align_clip.epochs": 10,
    "align_clip.batch": 128,
    "align_clip.lr": 0.0001,
    "align_clip.warmup_steps": 1000,
    "align_clip.weight_decay": 0.1,
    "retrieve.k": 10,
    "embed.fit": "centre",
    "retrieve.items": "complete",
    "retrieve.gallery": "all",
    "scale_captions.shares": [*(round(number * 10_000 / 130_930, 4) for number in range(1, 13)), 1.0],
}


@pytest.mark.parametrize(
    ("dataset", "scale", "written"),
    [
        ("crack500", "koenig", KOENIG),
        ("crack500", "crackclip", CRACKCLIP),
        ("few_shot", "crack_clip", CRACK_CLIP),
        ("bridge2024", "aicl", AICL),
        ("sdnet2018", "aicl", AICL),
        ("metu", "aicl", AICL),
        ("captioned", "bridgeclip", BRIDGECLIP),
    ],
)
def test_a_composition_holds_what_the_paper_writes(dataset: str, scale: str, written: dict[str, Any]) -> None:
    found = dict(compose.leaves(compose.values(CONF, dataset=dataset, scale=scale, overrides=[])))
    assert {key: found[key] for key in written} == written


def test_tables_iii_to_vi_of_koenig_add_ael_and_table_ix_trains_on_three_other_sources() -> None:
    def tree(dataset: str) -> dict[str, Any]:
        return compose.values(CONF, dataset=dataset, scale="koenig", overrides=[])

    crack500, four, nine = tree("crack500"), tree("crack500_ael"), tree("deepcrack_cfd_ael")
    splits = [{source["name"]: source["split"] for source in one["ingest"]["sources"]} for one in (four, nine)]
    assert splits[0] == {"crack500": "own", "cfd": "test", "deepcrack": "test", "ael": "test"}
    assert splits[1] == {"deepcrack": "own", "cfd": "71:0:47", "ael": "38:0:20"}  # of 118 and 58 photographs
    for one in (crack500, four, nine):
        del one["ingest"]["sources"]
    assert crack500 == four == nine


def test_patches_of_32_px_overlap_by_half_and_three_sources_are_tested() -> None:
    for scale in ("koenig", "crackclip"):
        tree = compose.values(CONF, dataset="crack500", scale=scale, overrides=[])
        assert {"side_px": 32, "stride_px": 16} in tree["localisation_maps"]["patch_maps"]
        sources = {source["name"]: source["split"] for source in tree["ingest"]["sources"]}
        assert sources == {"crack500": "own", "cfd": "test", "deepcrack": "test"}
