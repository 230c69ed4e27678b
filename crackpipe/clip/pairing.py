"""Pairs of images and texts for the alignment: patches with prompts, photographs with their captions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from crackpipe import models, progress, tables
from crackpipe.classify import sampling
from crackpipe.clip.alignment import Pairs
from crackpipe.clip.encoder import DualEncoder
from crackpipe.runtime import Runtime

BATCH = 64


def dual_encoder(
    classifier: Path, *, joint_width: int, text_width: int, text_layers: int
) -> tuple[DualEncoder, dict[str, Any]]:
    """A dual encoder on the trunk of a trained patch classifier, and its card."""
    card = models.card(classifier, kind="classifier")
    spec = {
        "architecture": "dual",
        "backbone": card["architecture"],
        "joint_width": joint_width,
        "text_width": text_width,
        "text_layers": text_layers,
    }
    encoder = DualEncoder(**{name: value for name, value in spec.items() if name != "architecture"})
    own = encoder.trunk.state_dict()
    trained = models.weights(classifier / "model.safetensors")
    models.fill(encoder.trunk, {name: trained[name] for name in own}, where=str(classifier))
    encoder.trunk.requires_grad_(False)
    return encoder, spec


def draw_patches(patches: pd.DataFrame, *, count: int, seed: int) -> pd.DataFrame:
    """``count`` training patches, half of them cracks."""
    train = patches[patches["split"] == "train"].reset_index(drop=True)
    order = sampling.draw(train["label"].to_numpy(), count=count, crack_share=0.5, seed=seed, epoch=0)
    return train.iloc[order].reset_index(drop=True)


def captioned(photos: Path) -> pd.DataFrame:
    """photo_id and caption of the training photographs that have one."""
    table = tables.read(photos, tables.PHOTOS, columns=["photo_id", "split", "caption"]).to_pandas()
    return table[(table["split"] == "train") & table["caption"].notna()].reset_index(drop=True)


def from_patches(
    encoder: DualEncoder,
    patches: pd.DataFrame,
    photos: Mapping[str, np.ndarray],
    machine: Runtime,
    *,
    side_px: int,
    workers: int,
    prompts: tuple[list[str], list[str]],
) -> Pairs:
    """Patches with the prompts of their label; patches of one label are no negatives of each other."""
    order = np.arange(len(patches))
    loaded = sampling.batches(patches, photos, order, side_px=side_px, batch=BATCH, workers=workers)
    bar = progress.bar(loaded, what="encode patches", total=-(-len(order) // BATCH), unit="batches")
    features = torch.cat([_features(encoder, pixels, machine) for pixels, _ in bar])
    labels = patches["label"].to_numpy(np.int64)
    return Pairs(features, [prompts[label] for label in labels], torch.from_numpy(labels))


def from_captions(
    encoder: DualEncoder, captions: pd.DataFrame, photos: Mapping[str, np.ndarray], machine: Runtime
) -> Pairs:
    """Photographs with their captions; photographs of one caption are no negatives of each other."""
    texts: Sequence[str] = captions["caption"].tolist()
    bar = progress.bar(captions["photo_id"], what="encode photographs", total=len(texts), unit="photos")
    images = (torch.from_numpy(photos[photo_id].copy()).permute(2, 0, 1)[None] for photo_id in bar)
    features = torch.cat([_features(encoder, pixels, machine) for pixels in images])
    keys = pd.factorize(captions["caption"], sort=True)[0]
    return Pairs(features, [[text] for text in texts], torch.from_numpy(keys.astype(np.int64)))


def _features(encoder: DualEncoder, pixels: UInt8[Tensor, "b 3 h w"], machine: Runtime) -> Float[Tensor, "b f"]:
    encoder.eval()
    with torch.no_grad(), machine.autocast():
        return encoder.features(encoder.prepare(pixels, machine)).float().cpu()
