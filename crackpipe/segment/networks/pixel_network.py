"""A segmentation network with the normalisation of its inputs: built, saved, loaded and run."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.compute.runtime import Runtime
from crackpipe.imaging.guided_filter import guided_filter
from crackpipe.models import backbones, cards, folding, model_files, normalise
from crackpipe.segment.networks import catalogue
from crackpipe.segment.networks.trunks import Weights

REFINE_EPS = 0.01 / 255**2  # the published code's 0.01 is on levels 0–255


@dataclass(frozen=True, slots=True)
class PixelNetwork:
    """U-Net, a DeepCrack or OED, and the normalisation of its inputs.

    Attributes:
        network: returns logits: side outputs, then the prediction.
        name: of :data:`catalogue.NETWORKS`.
        encoder, width: as :func:`catalogue.create` takes them.
        mean, std: RGB, in units of [0, 1].
        refine_px: radius of the guided filter that refines the prediction by the first side output (Liu et al. 2019);
            0 leaves it out.
        gates: whether OED's skips are gated.
    """

    network: catalogue.Network
    name: str
    encoder: str
    width: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    refine_px: int
    gates: bool = True

    @property
    def multiple_px(self) -> int:
        """Heights and widths of inputs are multiples of it."""
        return self.network.multiple_px

    def logits(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> list[Float[Tensor, "b h w"]]:
        """Side outputs, then the prediction, from RGB levels 0–255.

        Raises:
            ModelError: a side is not a multiple of ``multiple_px``.
        """
        catalogue.check_size(self.network, height=pixels.shape[2], width=pixels.shape[3])
        inputs = normalise.normalise(pixels, mean=self.mean, std=self.std, runtime=runtime)
        with runtime.autocast():
            maps: list[Tensor] = self.network(inputs)
        return [logits.float() for logits in maps]

    def predict(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b h w"]:
        """Crack probability of each pixel, float32 on the CPU, from RGB levels 0–255.

        Raises:
            ModelError: a side is not a multiple of ``multiple_px``.
        """
        with torch.inference_mode():
            maps = [torch.sigmoid(logits).cpu() for logits in self.logits(pixels, runtime)]
        return _refined(maps[-1], maps[0], radius_px=self.refine_px) if self.refine_px else maps[-1]


def _refined(
    prediction: Float[Tensor, "b h w"], guide: Float[Tensor, "b h w"], *, radius_px: int
) -> Float[Tensor, "b h w"]:
    pairs = zip(prediction.numpy(), guide.numpy(), strict=True)
    refined = [guided_filter(crack, side, radius_px=radius_px, eps=REFINE_EPS) for crack, side in pairs]
    return torch.from_numpy(np.stack(refined)).clamp(0, 1)


def create(
    name: str,
    *,
    encoder: str,
    weights: Weights,
    width: float,
    trunk: nn.Module | None,
    refine_px: int,
    gates: bool = True,
) -> PixelNetwork:
    """An untrained network whose inputs are scaled as in the encoder's pretraining.

    Args:
        name, encoder, weights, width, trunk, gates: see :func:`catalogue.create`.
        refine_px: see :class:`PixelNetwork`.

    Raises:
        ModelError: an unknown name, or an encoder or weights that the network cannot have.
    """
    network = catalogue.create(name, encoder=encoder, weights=weights, width=width, trunk=trunk, gates=gates)
    mean, std = backbones.normalisation_of(encoder)
    return PixelNetwork(network, name, encoder, width, tuple(mean), tuple(std), refine_px, gates)


def save(folder: Path, segmenter: PixelNetwork, *, labels: str) -> None:
    """Write a network as safetensors and JSON.

    Args:
        folder: takes both files.
        segmenter: trained.
        labels: kind of the labels that it was trained on.
    """
    card = {
        "kind": "segmenter",
        "architecture": segmenter.name,
        "encoder": segmenter.encoder,
        "width": segmenter.width,
        "refine_px": segmenter.refine_px,
        "labels": labels,
        "mean": list(segmenter.mean),
        "std": list(segmenter.std),
    }
    if segmenter.name == catalogue.OED:
        card["gates"] = segmenter.gates
    model_files.save(folder, segmenter.network, card)


def for_inference(segmenter: PixelNetwork, runtime: Runtime) -> PixelNetwork:
    """Copy a network to the device with its batch normalisation folded away; see :func:`folding.folded`."""
    network = folding.folded(segmenter.network)
    runtime.place(network)
    return replace(segmenter, network=network)


def load(folder: Path, runtime: Runtime) -> PixelNetwork:
    """Read a network, place it on the device and switch it to inference.

    Raises:
        ModelError: the folder holds no segmenter, or its weights do not fit its card.
    """
    card = cards.read(folder, kind="segmenter")
    gates: bool = card.get("gates", True)  # earlier versions had no other
    network = catalogue.create(
        card["architecture"], encoder=card["encoder"], weights="none", width=card["width"], trunk=None, gates=gates
    )
    model_files.fill(network, model_files.weights(folder / "model.safetensors"), where=str(folder))
    runtime.place(network).eval().requires_grad_(False)
    return PixelNetwork(
        network,
        card["architecture"],
        card["encoder"],
        card["width"],
        tuple(card["mean"]),
        tuple(card["std"]),
        card["refine_px"],
        gates,
    )
