"""Encoders before the pipeline trains them: the dual one on a trunk that exists, or one of open_clip by name."""

from pathlib import Path
from typing import Any, Literal

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.encoder import TrainableEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.models import backbones, cards, model_files

PACKAGED = "tf_efficientnet_lite0"  # the backbone whose weights come with a package
SIZES = {"joint_width", "text_width", "text_layers"}  # arguments of dual, as params.yaml names them
SETTINGS = {"encoder", "trunk", *SIZES, "open_clip_model", "weights", "image_px"}  # likewise, of untrained
Trunk = Literal["classifier", "package"]


def untrained(
    classifier: Path,
    *,
    encoder: Literal["dual", "open_clip"],
    trunk: Trunk,
    open_clip_model: str,
    weights: str,
    image_px: int | None,
    joint_width: int,
    text_width: int,
    text_layers: int,
) -> tuple[TrainableEncoder, dict[str, Any], list[Path]]:
    """The encoder that training starts from, its card, and the files and folders that it was read from.

    Args:
        classifier, trunk, joint_width, text_width, text_layers: of a dual encoder, see :func:`dual`.
        encoder: which of the two kinds.
        open_clip_model, weights, image_px: of one of open_clip, see :func:`named`.

    Raises:
        ModelError: see :func:`dual` and :func:`named`.
    """
    if encoder == "dual":
        sizes = {"joint_width": joint_width, "text_width": text_width, "text_layers": text_layers}
        return *dual(classifier, trunk=trunk, **sizes), [classifier] if trunk == "classifier" else []
    files = [file for file in [Path(weights)] if file.is_file()]
    return *named(open_clip_model, weights=weights, image_px=image_px), files


def dual(
    classifier: Path, *, trunk: Trunk, joint_width: int, text_width: int, text_layers: int
) -> tuple[DualEncoder, dict[str, Any]]:
    """A dual encoder and its card; projection and text tower are random.

    Args:
        classifier: folder of a trained patch classifier.
        trunk: ``classifier``: that of this classifier. ``package``: EfficientNet-Lite0 with ImageNet's weights; the
            folder is then not read.
        joint_width: dimensions of the space that images and texts share.
        text_width, text_layers: channels and blocks of the text transformer.

    Raises:
        ModelError: the folder holds no classifier, or its weights do not fit its card.
    """
    name = PACKAGED if trunk == "package" else cards.read(classifier, kind="classifier")["architecture"]
    sizes = {"joint_width": joint_width, "text_width": text_width, "text_layers": text_layers}
    encoder = DualEncoder(backbone=name, joint_width=joint_width, text_width=text_width, text_layers=text_layers)
    if trunk == "package":
        encoder.trunk.load_state_dict(backbones.create(name, classes=0, weights="package").state_dict())
    else:
        trained = model_files.weights(classifier / "model.safetensors")
        tensors = {part: trained[part] for part in encoder.trunk.state_dict() if part in trained}
        model_files.fill(encoder.trunk, tensors, where=str(classifier))
    return encoder, {"architecture": "dual", "backbone": name, **sizes}


def named(name: str, *, weights: str, image_px: int | None) -> tuple[OpenClipEncoder, dict[str, Any]]:
    """An encoder of open_clip and its card.

    Args:
        name, weights: see :func:`crackpipe.clip.encoders.open_clip_models.whole_model`.
        image_px: side of the squares that it is built for, ``None`` for its own.

    Raises:
        ModelError: the model is unknown, or its weights cannot be had or are another's.
    """
    return OpenClipEncoder(name, weights=weights, image_px=image_px), {"architecture": "open_clip", "name": name}
