"""How each kind of segmenter is built, trained and saved."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError, ParamsError
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.segment import losses
from crackpipe.segment.adapters import fused_loss, text_guided, training
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.networks import pixel_network
from crackpipe.segment.networks import training as fitting
from crackpipe.segment.networks.pixel_network import PixelNetwork
from crackpipe.segment.networks.trunks import Weights
from crackpipe.segment.windows import windows
from crackpipe.segment.windows.windows import Target, Window

Cut = Callable[[str, np.random.Generator], tuple[Window, Target]]  # (photo_id, generator) → window


def text_adapters(
    folder: Path,
    examples: Examples,
    *,
    encoder: Encoder,
    text: Float[Tensor, "2 d"],
    labels: str,
    combine: Literal["mean", "sum"],
    epochs: int,
    batch: int,
    lr: float,
    focal_weight: float,
    dice_weight: float,
    edge_weight: float,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> None:
    """Train linear adapters on kept tokens, without a run of the encoder; write them to ``folder``."""
    model = text_guided.create(encoder, stages=examples.tokens.stages, combine=combine, text=text)
    model.network.to(runtime.device)
    loss = partial(
        fused_loss.text_adapters, focal_weight=focal_weight, dice_weight=dice_weight, edge_weight=edge_weight
    )
    history = training.fit(
        model,
        examples,
        loss=loss,
        epochs=epochs,
        batch=batch,
        lr=lr,
        seed=seed,
        runtime=runtime,
        checkpoint=checkpoint,
    )
    text_guided.save(folder, model, labels=labels)
    pd.DataFrame(history).to_csv(folder / "history.csv", index=False)


def untrained(
    name: str,
    *,
    encoder: str,
    weights: Weights,
    width: float,
    refine_px: int,
    side_px: int,
    trunk: nn.Module | None,
    runtime: Runtime,
) -> PixelNetwork:
    """U-Net, a DeepCrack or OED on the device, of which a blank window has shown that it takes ``side_px``.

    Raises:
        ParamsError: there is no such encoder, or the network cannot have it with these weights, this width or side.
    """
    where = f"train_segmenter.{name}"
    try:
        model = pixel_network.create(
            name, encoder=encoder, weights=weights, width=width, trunk=trunk, refine_px=refine_px
        )
    except ModelError as error:
        raise ParamsError(f"{where}.encoder={encoder} with weights={weights} and width={width}: {error}") from error
    runtime.place(model.network).requires_grad_(True).eval()
    try:
        with torch.no_grad():
            model.logits(torch.zeros(1, 3, side_px, side_px, dtype=torch.uint8), runtime)
    except (ModelError, AssertionError, RuntimeError) as error:  # the latter two are timm's
        raise ParamsError(
            f"{where}.side_px={side_px}: encoder={encoder} takes no window of this side ({error}); change either"
        ) from error
    return model


def network(
    folder: Path,
    photo_ids: Sequence[str],
    cut: Cut,
    *,
    model: PixelNetwork,
    labels: str,
    steps: int,
    batch: int,
    lr: float,
    weight_decay: float,
    seed: int,
    runtime: Runtime,
    checkpoint: Checkpoint,
) -> None:
    """Train a network in place on windows drawn from all photographs; write it to ``folder``."""
    history = fitting.fit(
        model.network,
        partial(model.logits, runtime=runtime),
        sample=windows.any_of(photo_ids, cut),
        loss=losses.supervised,
        steps=steps,
        batch=batch,
        lr=lr,
        weight_decay=weight_decay,
        seed=seed,
        runtime=runtime,
        checkpoint=checkpoint,
    )
    pixel_network.save(folder, model, labels=labels)
    pd.DataFrame(history).to_csv(folder / "history.csv", index=False)
