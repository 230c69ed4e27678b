"""Encoders on disk: built from a card, written, read, and placed on the device."""

from pathlib import Path
from typing import Any

from crackpipe.clip.encoders import weights
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.files import fingerprint
from crackpipe.models import cards, model_files


def create(spec: dict[str, Any], *, weights: str = "none") -> TrainableEncoder:
    """Build an encoder from the ``spec`` of its card: architecture ``dual`` or ``open_clip`` and their sizes.

    Args:
        spec: of ``dual``: its ``backbone``, ``joint_width``, ``text_width`` and ``text_layers``, and ``tokens`` where
            it was packed; of ``open_clip``: its ``name``, and ``image_px``, ``mean`` and ``std`` where they are not the
            model's own.
        weights: of ``open_clip``, see :func:`crackpipe.clip.encoders.open_clip_models.whole_model`.
    """
    if spec["architecture"] == "dual":
        sizes = {name: spec[name] for name in ("backbone", "joint_width", "text_width", "text_layers")}
        return DualEncoder(**sizes, tokens=spec.get("tokens"))
    return OpenClipEncoder(
        spec["name"], weights=weights, mean=spec.get("mean"), std=spec.get("std"), image_px=spec.get("image_px")
    )


def save(folder: Path, encoder: TrainableEncoder, spec: dict[str, Any]) -> None:
    """Write an encoder as safetensors and JSON; ``spec`` as :func:`create` takes it."""
    inputs: dict[str, Any] = {}
    if isinstance(encoder, OpenClipEncoder):
        inputs = {"mean": list(encoder.mean), "std": list(encoder.std), "image_px": encoder.image_px}
    model_files.save(folder, encoder, {"kind": "clip", **spec, **inputs})


def digest(folder: Path) -> str:
    """Fingerprint of an encoder's weights and card, by which a segmenter knows the encoder that it was trained on.

    Raises:
        CrackpipeError: there is no encoder.
    """
    return fingerprint.of(None, [folder / "model.json", folder / "model.safetensors"])


def load(folder: Path, runtime: Runtime) -> TrainableEncoder:
    """Read an encoder, place it on the device, frozen and in inference mode.

    On the processor its weights are mapped from the file: a tower that is not used takes no memory.

    Raises:
        ModelError: the folder holds no encoder, or its weights do not fit its card.
    """
    with weights.uninitialised():
        encoder = create(cards.read(folder, kind="clip"))
    tensors = model_files.weights(folder / "model.safetensors")
    weights.assign(encoder, tensors, where=str(folder), advice="run `dvc repro align_clip`, or restore the folder")
    return place(encoder, runtime).eval().requires_grad_(False)


def place(encoder: TrainableEncoder, runtime: Runtime) -> TrainableEncoder:
    """Move an encoder to the device; convolutional trunks in channels-last order.

    Not vision transformers: their one convolution, of whole patches, runs ten times slower so on a processor.
    """
    if isinstance(encoder, OpenClipEncoder) and hasattr(encoder.model.visual, "class_embedding"):
        encoder.to(runtime.device)
    else:
        runtime.place(encoder)
    return encoder
