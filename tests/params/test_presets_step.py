"""Each composition that is named after a paper trains each of its networks for a step, by the pipeline's own stages.

Only sizes are smaller, and weights are random: losses, optimisers, schedules and options are the preset's.
"""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import stages
import torch
from timm.models import vgg
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.params import compose

CONF = Path(__file__).parents[2] / "conf"
TINY = {  # an encoder of open_clip; four blocks, as adapters read four stages
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 4, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
DEMO = [
    "ingest.sources=[{name:demo,split:own,limit:null}]",
    "ingest.demo.photos=20",
    "ingest.demo.side_px=128",
    "runtime.device=cpu",
    "runtime.threads=1",
    "runtime.workers=1",
]
CLASSIFIER = [
    "train_classifier.weights=none",
    "train_classifier.augment.sides_px=[64]",
    "train_classifier.patches_per_epoch=4",
    "train_classifier.batch=4",
    "train_classifier.val_patches=16",
]
OPEN_CLIP = ["align_clip.weights=none", "align_clip.image_px=32"]

pytestmark = pytest.mark.slow


@dataclass
class Steps:
    """What optimisers did, step by step.

    Attributes:
        taken: name of the optimiser and its settings of each step.
    """

    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _before: list[torch.Tensor] = field(default_factory=list)

    def before(self, optimiser: torch.optim.Optimizer, _args: object, _kwargs: object) -> None:
        """Remember the weights that have a gradient, which is finite."""
        trained = _trained(optimiser)
        assert trained
        assert all(bool(weight.grad.isfinite().all()) for weight in trained if weight.grad is not None)
        self._before = [weight.detach().clone() for weight in trained]

    def after(self, optimiser: torch.optim.Optimizer, _args: object, _kwargs: object) -> None:
        """Weights have changed, and are finite."""
        trained = _trained(optimiser)
        assert any(not old.equal(new) for old, new in zip(self._before, trained, strict=True))
        assert all(bool(weight.isfinite().all()) for weight in trained)
        group = {key: value for key, value in optimiser.param_groups[0].items() if key != "params"}
        self.taken.append((type(optimiser).__name__, group))

    def told(self, *keys: str) -> list[tuple[Any, ...]]:
        """Optimiser and these of its settings, of each step since the last call; numbers to ten decimals."""
        taken, self.taken = self.taken, []
        return [(name, *(round(group[key], 10) for key in keys)) for name, group in taken]


def _trained(optimiser: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"] if weight.grad is not None]


@pytest.fixture
def steps() -> Iterator[Steps]:
    found = Steps()
    hooks = [register_optimizer_step_pre_hook(found.before), register_optimizer_step_post_hook(found.after)]
    yield found
    for hook in hooks:
        hook.remove()


@pytest.fixture
def tiny_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """``tiny`` and ``tiny-quickgelu`` among the models of open_clip."""
    known = open_clip.factory._MODEL_CONFIGS
    more = {"tiny": TINY, "tiny-quickgelu": {**TINY, "quick_gelu": True}}
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", {**known, **more})


def prepared(folder: Path, dataset: str, scale: str, *sizes: str) -> Path:
    """A folder with ``params.yaml`` of a composition at small sizes, photographs and patches."""
    text = compose.compose(CONF, dataset=dataset, scale=scale, overrides=sizes)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    for stage in ("code", "ingest", "slice"):
        stages.finished(folder, stage)
    return folder


def losses(model: Path) -> list[float]:
    """Training losses of a model's history, all finite."""
    rows = csv.DictReader((model / "history.csv").read_text(encoding="utf-8").splitlines())
    found = [float(row["train_loss"]) for row in rows]
    assert found
    assert all(map(math.isfinite, found))
    return found


def pseudo_labels(folder: Path, *methods: str) -> None:
    stages.finished(folder, "localisation_maps")
    for method in methods:
        stages.finished(folder, "pseudo_label", method)


def test_koenig_trains_a_classifier_and_four_networks(tmp_path: Path, steps: Steps) -> None:
    networks = {"unet": "cam_location", "deepcrack_liu": "cam_crf", "deepcrack_zou": "truth", "oed": "cam_location"}
    small = ["steps=3", "epochs=null", "batch=2", "width=0.125", "side_px=64", "weights=none"]
    sizes = [f"train_segmenter.{network}.{size}" for network in networks for size in small]
    encoders = ["train_segmenter.unet.encoder=resnet18", "train_segmenter.oed.encoder=tf_efficientnet_b0"]
    prepared(tmp_path, "crack500", "koenig", *DEMO, *CLASSIFIER, "pseudo_label.keep_px=0", *sizes, *encoders)
    stages.finished(tmp_path, "train_classifier")
    assert len(losses(tmp_path / "models/classifier")) == 3
    decaying = [("SGD", rate, 0.9) for rate in (0.001, 0.0001, 0.00001)]
    assert steps.told("lr", "momentum") == decaying  # of epochs
    pseudo_labels(tmp_path, "cam_location", "cam_crf", "truth")
    for network, labels in networks.items():
        stages.finished(tmp_path, "train_segmenter", network, labels)
        losses(tmp_path / f"models/segmenter/{network}-{labels}")
        assert steps.told("lr", "momentum") == decaying, network  # of thirds of the steps
        stages.finished(tmp_path, "segment", network, labels)


def test_crackclip_trains_a_classifier_and_adapters(tmp_path: Path, steps: Steps, tiny_clip: None) -> None:
    sizes = [
        *("align_clip.open_clip_model=tiny-quickgelu", *OPEN_CLIP, "embed_windows.side_px=32", "segment.side_px=32"),
        "align_clip.epochs=0",  # photographs of the demo have captions, those of the composition none
        *("pseudo_label.keep_px=0", "train_segmenter.text_adapters.batch=16", "train_classifier.backbone=test_resnet"),
    ]
    prepared(tmp_path, "crack500", "crackclip", *DEMO, *CLASSIFIER, *sizes)
    stages.finished(tmp_path, "train_classifier")
    assert len(losses(tmp_path / "models/classifier")) == 10
    assert steps.told("lr", "momentum") == [("SGD", round(0.001 * 0.1**epoch, 10), 0.9) for epoch in range(10)]
    pseudo_labels(tmp_path, "cam_location", "cam_crf", "cam", "truth")
    stages.finished(tmp_path, "align_clip")
    assert not steps.told()  # as it was pretrained
    stages.finished(tmp_path, "embed_windows")
    for labels in ("cam_location", "cam_crf", "cam", "truth"):
        stages.finished(tmp_path, "train_adapters", labels)
        losses(tmp_path / f"models/segmenter/text_adapters-{labels}")
        assert steps.told("lr") == [("Adam", 0.001)] * 3, labels
    for wording in ("normal", "crack"):
        stages.finished(tmp_path, "ablate_adapters", wording)
        losses(tmp_path / f"data/adapter_ablation/{wording}")
        assert steps.told("lr") == [("Adam", 0.001)] * 3, wording
    stages.finished(tmp_path, "segment", "text_adapters", "truth")


def test_crack_clip_trains_each_head(tmp_path: Path, steps: Steps, tiny_clip: None) -> None:
    sources = [f"few_shot.{which}_sources=[demo]" for which in ("train", "test")]
    counts = ["few_shot.pool=100", "few_shot.test=8", "few_shot.subsets=[0.0,0.05,1.0]", "few_shot.seeds=1"]
    heads = [f"few_shot.{head}.{size}" for head in ("linear", "bayesian") for size in ("steps=1", "batch=8")]
    sizes = ["slice.side_px=32", "slice.stride_px=32", "align_clip.open_clip_model=tiny-quickgelu", *OPEN_CLIP]
    more = [*sources, *counts, *heads, "few_shot.ood_sources=[]", "train_classifier.weights=none"]
    prepared(tmp_path, "few_shot", "crack_clip", *DEMO, *sizes, *more)
    for stage in ("train_classifier", "align_clip", "embed_patches"):
        stages.finished(tmp_path, stage)
    assert not steps.told()
    optimisers: dict[str, set[str]] = {"zero_shot": set(), "linear": {"AdamW"}, "bayesian": {"ClippedAdam"}}
    for head, subsets in {"zero_shot": ["T0"], "linear": ["T1", "T2"], "bayesian": ["T1", "T2"]}.items():
        stages.finished(tmp_path, "few_shot", head)
        rows = parquet.read(tmp_path / f"data/few_shot/{head}.parquet", schemas.FEW_SHOT_SCORES).to_pylist()
        assert [row["subset"] for row in rows] == subsets
        assert all(np.isfinite(row["score"]).all() for row in rows)
        assert all(np.isfinite(row["loss"]).all() for row in rows if head != "zero_shot")
        assert {name for name, *_ in steps.told()} == optimisers[head], head


AICL = [
    *("slice.side_px=64", "slice.stride_px=64", *CLASSIFIER, "train_classifier.batch=8"),
    *("train_classifier.patches_per_epoch=8", "train_classifier.epochs=2", "train_classifier.lr_milestones=[1]"),
    *("losses.aicl.burn_in_epochs=1", "calibrate.val_patches=16", "calibrate.test_patches=16"),
]


def calibrated(folder: Path, loss: str, backbone: str, steps: Steps) -> None:
    """Train a cell: two epochs of one step, the second at a tenth of the learning rate; its logits are finite."""
    stages.finished(folder, "calibrate", loss, backbone, "all", "0")
    assert steps.told("lr") == [("Adam", 0.01), ("Adam", 0.001)], loss


def decided(folder: Path, backbone: str, losses: list[str]) -> None:
    """Let the trained cells decide; their logits are finite."""
    stages.finished(folder, "score_calibration", backbone)
    for loss in losses:
        path = folder / f"data/calibration/{backbone}/{loss}-{backbone}-all-0.parquet"
        cell = parquet.read(path, schemas.DECISIONS).to_pandas()
        assert np.isfinite(cell[["logit_none", "logit_crack"]].to_numpy()).all(), loss


ONE_CELL = ["calibrate.train_on=[all]", "calibrate.seeds=[0]"]


def test_aicl_trains_with_each_loss_and_variant(tmp_path: Path, steps: Steps) -> None:
    prepared(tmp_path, "bridge2024", "aicl", *DEMO, *AICL, "calibrate.backbones=[test_resnet]", *ONE_CELL)
    tree = compose.values(CONF, dataset="bridge2024", scale="aicl", overrides=[])["calibrate"]
    losses = [*tree["losses"], *tree["aicl_variants"]]
    assert "aicl" in losses
    for loss in losses:
        calibrated(tmp_path, loss, "test_resnet", steps)
    decided(tmp_path, "test_resnet", losses)


def test_aicl_trains_both_backbones_whole(tmp_path: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vgg.cfgs, "vgg16", [8, "M"] * 5)
    alone = ["calibrate.losses=[aicl]", "calibrate.aicl_variants=[]"]
    prepared(tmp_path, "sdnet2018", "aicl", *DEMO, *AICL, *ONE_CELL, *alone)
    for backbone in ("resnet50", "vgg16"):
        stages.finished(tmp_path, "trunk_features", backbone)
        calibrated(tmp_path, "aicl", backbone, steps)
        decided(tmp_path, backbone, ["aicl"])


def write_captions(folder: Path) -> None:
    """Dark and bright noise with the attributes of a report."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    rows = [["image", "split", "damage", "location", "soundness", "measure"]]
    for split, count in {"train": 8, "val": 4, "test": 4}.items():
        for i in range(count):
            pixels = random.integers(0, 60, (32, 32, 3)) + 180 * (i % 2)
            (folder / f"{split}{i}.png").write_bytes(images.encode_rgb(pixels.astype(np.uint8)))
            told = [("crack", "wall", "Ⅲ", "B"), ("leak", "beam", "Ⅱ", "M")][i % 2]
            rows.append([f"{split}{i}.png", split, *told])
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_bridgeclip_tunes_both_towers(tmp_path: Path, steps: Steps, tiny_clip: None) -> None:
    write_captions(tmp_path / "raw/captioned")
    sizes = [*OPEN_CLIP, "align_clip.open_clip_model=tiny", "ingest.raw=raw", *DEMO[3:], "scale_captions.shares=[0.5]"]
    prepared(tmp_path, "captioned", "bridgeclip", *sizes, "train_classifier.weights=none")
    for stage in ("train_classifier", "align_clip"):
        stages.finished(tmp_path, stage)
    losses(tmp_path / "models/clip")
    warming = [("AdamW", round(0.0001 * step / 1000, 10), 0.1) for step in range(1, 11)]
    assert steps.told("lr", "weight_decay") == warming
    for model in ("base", "tuned"):
        stages.finished(tmp_path, "embed", model)
    stages.finished(tmp_path, "retrieve")
    assert not json.loads((tmp_path / "metrics/bridge.json").read_text(encoding="utf-8"))["tuned"]["absent"]
    stages.finished(tmp_path, "scale_captions", "0.5")
    assert steps.told("lr", "weight_decay") == warming
    table = parquet.read(tmp_path / "data/caption_scaling/0.5.parquet", schemas.CAPTION_SCALING).to_pandas()
    assert math.isfinite(table["val_loss"].iloc[0])
