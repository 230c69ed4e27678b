"""A patch classifier with everything that its inputs need: built, saved, loaded and run in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Float16, Float64, UInt8
from torch import Tensor, nn

from crackpipe.classify import calibrator
from crackpipe.classify.calibrator import Calibrator
from crackpipe.compute.runtime import Runtime
from crackpipe.models import backbones, cards, folding, model_files, normalise
from crackpipe.models.heads import Head

Pixels = UInt8[Tensor, "b 3 h w"] | Float16[Tensor, "b c h w"]
"""Pixels of patches, RGB 0–255, or features that a frozen trunk has computed of them."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A two-class network and the normalisation of its inputs.

    Attributes:
        network: a timm classifier; class 1 is crack.
        backbone: the network's timm name.
        side_px: side of the patches it was trained on.
        mean, std: RGB, in units of [0, 1]; empty where inputs are features of a frozen trunk, taken as they are.
        calibrator: turns logits into probabilities; by default the softmax.
        head: what follows the pooled features; see :func:`crackpipe.models.backbones.create`.
    """

    network: nn.Module
    backbone: str
    side_px: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    calibrator: Calibrator = field(default_factory=Calibrator)
    head: Head = "linear"

    def prepare(self, pixels: Pixels, runtime: Runtime) -> Float[Tensor, "b c h w"]:
        """Normalise RGB levels 0–255 to float inputs on the device, channels last; features stay as they are."""
        if not self.mean:
            return pixels.to(runtime.device, torch.float32, memory_format=torch.channels_last)
        return normalise.normalise(pixels, mean=self.mean, std=self.std, runtime=runtime)

    def crack_probability(self, pixels: Pixels, runtime: Runtime) -> Float64[Tensor, "b"]:
        """Calibrated probability of the class crack, on the CPU."""
        return torch.from_numpy(self.calibrator.crack_probability(self.logits(pixels, runtime).cpu().numpy()))

    def logits(self, pixels: Pixels, runtime: Runtime) -> Float[Tensor, "b 2"]:
        """Logits of no crack and crack as the network gives them, float32 on the device."""
        with torch.inference_mode(), runtime.autocast():
            outputs: Tensor = self.network(self.prepare(pixels, runtime))
        return outputs.float()


def create(*, backbone: str, weights: str, side_px: int, head: Head = "linear") -> Classifier:
    """Build an untrained two-class classifier on pretrained (or random) weights.

    Args:
        backbone, weights, head: see :func:`backbones.create`.
        side_px: side of the patches that it is to be trained on.

    Raises:
        ModelError: the weights cannot be had or belong to another architecture, or the architecture takes no such head.
    """
    network = backbones.create(backbone, classes=len(backbones.CLASSES), weights=weights, head=head)
    mean, std = backbones.normalisation(network)
    return Classifier(network, backbone, side_px, tuple(mean), tuple(std), head=head)


def save(folder: Path, classifier: Classifier, *, history: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write a classifier as safetensors and JSON, see :func:`load`; ``history.csv`` holds a row of figures an epoch."""
    card = {
        "kind": "classifier",
        "architecture": classifier.backbone,
        "classes": list(backbones.CLASSES),
        "side_px": classifier.side_px,
        "mean": list(classifier.mean),
        "std": list(classifier.std),
        "calibrator": classifier.calibrator.card(),
    }
    if classifier.head != "linear":  # cards of earlier versions, which had no other, stay valid
        card["head"] = classifier.head
    model_files.save(folder, classifier.network, card)
    if history:
        import pandas as pd

        pd.DataFrame(history).to_csv(folder / "history.csv", index=False)


def for_inference(classifier: Classifier, runtime: Runtime) -> Classifier:
    """Copy a classifier to the device with its batch normalisation folded away; see :func:`folding.folded`."""
    return replace(classifier, network=runtime.place(folding.folded(classifier.network)))


def load(folder: Path, runtime: Runtime) -> Classifier:
    """Read a classifier, place it on the device and switch it to inference.

    Raises:
        ModelError: the folder holds no classifier, or its weights do not fit its card.
    """
    card = cards.read(folder, kind="classifier")
    head: Head = card.get("head", "linear")
    network = backbones.create(card["architecture"], classes=len(card["classes"]), weights="none", head=head)
    model_files.fill(network, model_files.weights(folder / "model.safetensors"), where=str(folder))
    network = runtime.place(network).eval().requires_grad_(False)
    return Classifier(
        network,
        card["architecture"],
        card["side_px"],
        tuple(card["mean"]),
        tuple(card["std"]),
        calibrator.from_card(card["calibrator"]),
        head,
    )
