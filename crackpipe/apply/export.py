"""Trained models as ONNX files: normalisation of their inputs in front, confidences or probabilities behind."""

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.apply import segmenter_files
from crackpipe.apply.engines import GRAPH
from crackpipe.classify import classifier
from crackpipe.classify.calibrator import Calibrator
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.models import cards, onnx_export
from crackpipe.models.cards import Card
from crackpipe.segment.networks import catalogue, pixel_network

STRIDE_PX = 32  # of a classifier's deepest features: sides are multiples of it
PLAIN = Runtime(torch.device("cpu"), None)


class _Confidence(nn.Module):
    """A pixel network: RGB levels to the confidence, and where it is refined to the guide too."""

    def __init__(self, levels: nn.Module, network: nn.Module, *, guided: bool) -> None:
        super().__init__()
        self.levels, self.network, self.guided = levels, network, guided

    def forward(self, pixels: UInt8[Tensor, "b 3 h w"]) -> tuple[Float[Tensor, "b h w"], ...]:
        maps = self.network(self.levels(pixels))
        return tuple(torch.sigmoid(logits) for logits in ((maps[-1], maps[0]) if self.guided else maps[-1:]))


class _Probability(nn.Module):
    """A patch classifier: RGB levels to the calibrated probability of crack."""

    def __init__(self, levels: nn.Module, network: nn.Module, calibrator: Calibrator) -> None:
        super().__init__()
        self.levels, self.network, self.calibrator = levels, network, calibrator

    def forward(self, pixels: UInt8[Tensor, "b 3 h w"]) -> Float[Tensor, "b"]:
        logits = self.network(self.levels(pixels))
        margin = logits[:, 1] - logits[:, 0]
        if self.calibrator.kind != "isotonic":
            return torch.sigmoid(self.calibrator.slope * margin + self.calibrator.offset)
        margins, steps = (torch.tensor(values) for values in (self.calibrator.margins, self.calibrator.probabilities))
        # linear between its margins, constant beyond: a sum of ramps
        ramps = (margin[:, None] - margins[:-1]) / margins.diff()
        return steps[0] + (ramps.clamp(0, 1) * steps.diff()).sum(dim=1)


def export(folder: Path, *, out: Path) -> str:
    """Write a trained segmenter or classifier as ONNX; return which of both it is.

    Args:
        folder: of the model, or the name of a segmenter, see :func:`crackpipe.apply.segmenter_files.find`.
        out: the file.

    Raises:
        CrackpipeError: a package is missing.
        ModelError: the folder holds neither, or one that has no form in ONNX; or no segmenter has that name.
    """
    folder = segmenter_files.folder_of(folder, None)
    kind = cards.kind(folder)
    if kind == "classifier":
        export_classifier(folder, out=out)
    else:
        export_segmenter(folder, out=out)
    return kind


def export_segmenter(folder: Path, *, out: Path) -> None:
    """Write a segmenter that maps uint8 RGB (b, 3, h, w) to confidences (b, h, w), sides multiples of its own.

    Where a guided filter refines its prediction (DeepCrack of Liu et al.), the guide is a second output.

    Raises:
        CrackpipeError: a package is missing.
        ModelError: the folder holds no segmenter, or a text-guided one.
    """
    _write_segmenter(folder, out, weights=None)


def export_graph(folder: Path) -> None:
    """Write ``model.onnx`` beside a segmenter's weights, which it reads; see :func:`export_segmenter`.

    Raises:
        CrackpipeError, ModelError: as :func:`export_segmenter`.
    """
    _write_segmenter(folder, folder / GRAPH, weights=folder / segmenter_files.WEIGHTS)


def _write_segmenter(folder: Path, out: Path, *, weights: Path | None) -> None:
    onnx_export.check_packages()
    card = check_form(folder)
    found = pixel_network.load(folder, PLAIN)
    levels = onnx_export.Levels(mean=found.mean, std=found.std)
    guided = found.refine_px > 0
    network = onnx_export.for_export(found.network, fold=weights is None)
    onnx_export.write(
        out,
        _Confidence(levels, network, guided=guided).eval(),
        outputs=["confidence", "guide"] if guided else ["confidence"],
        side_px=2 * found.multiple_px,
        multiple_px=found.multiple_px,
        card={**card, "multiple_px": found.multiple_px, "refine_eps": pixel_network.REFINE_EPS},
        weights=weights,
    )


def check_form(folder: Path) -> Card:
    """Check that a segmenter has a form in ONNX; return its card.

    Raises:
        ModelError: the folder holds no segmenter, or a text-guided one.
    """
    card = cards.read(folder, kind="segmenter")
    if not catalogue.has(card["architecture"]):
        raise ModelError(
            f"{folder}: {card['architecture']} is guided by texts and needs their encoder, which has no form in ONNX; "
            f"name a segmenter of another kind: {', '.join(catalogue.NETWORKS)}"
        )
    return card


def export_classifier(folder: Path, *, out: Path) -> None:
    """Write a patch classifier that maps uint8 RGB (b, 3, h, w) to calibrated probabilities of crack (b,).

    Sides are multiples of 32; a classifier that was trained on other sides, or that knows one size only (as vision
    transformers do), takes its own alone.

    Raises:
        CrackpipeError: a package is missing.
        ModelError: the folder holds no classifier.
    """
    onnx_export.check_packages()
    card = cards.read(folder, kind="classifier")
    found = classifier.load(folder, PLAIN)
    one_size = found.side_px % STRIDE_PX != 0 or bool(
        getattr(found.network, "pretrained_cfg", {}).get("fixed_input_size")
    )
    network = found.network
    if not (one_size and onnx_export.has_same_padding(network)):
        network = onnx_export.for_export(network)
    levels = onnx_export.Levels(mean=found.mean, std=found.std)
    onnx_export.write(
        out,
        _Probability(levels, network, found.calibrator).eval(),
        outputs=["crack_probability"],
        side_px=found.side_px if one_size else 2 * STRIDE_PX,
        multiple_px=None if one_size else STRIDE_PX,
        card={**card, "multiple_px": None if one_size else STRIDE_PX},
    )
