"""The patch classifier."""

import itertools
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from crackpipe.params.losses import LossName
from crackpipe.params.section import Count, PositiveFloat, PositiveInt, Section, Share, TrainingPrecision, Weight


class PatchAugment(Section):
    sides_px: Annotated[list[Annotated[int, Field(ge=32)]], Field(min_length=1)]
    colour_jitter: Share
    colour_jitter_p: Share
    noise_p: Share


ALEXNET = "alexnet"  # of SDNET2018's paper; timm has it not
# Of the papers and the demo; any other architecture of timm may be named, which the stage check_params looks up there.
BACKBONES = ("resnet50", "resnet101", "resnet152", "vgg16", ALEXNET, "tf_efficientnet_lite0")
Backbone = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.]*$")]


def _rising(epochs: list[int]) -> list[int]:
    if any(later <= earlier for earlier, later in itertools.pairwise(epochs)):
        raise ValueError("expected numbers of epochs, each once, the smallest first")
    return epochs


class TrainClassifier(Section):
    backbone: Backbone
    weights: str
    head: Literal["linear", "hidden_1000"]
    loss: LossName
    posthoc: Literal["none", "temperature", "platt", "isotonic"]
    epochs: Count
    patches_per_epoch: PositiveInt
    crack_share: Annotated[float, Field(gt=0, lt=1)] | None
    batch: PositiveInt
    optimiser: Literal["sgd", "adam", "adamw"]
    lr: PositiveFloat
    lr_gamma: Annotated[float, Field(gt=0, le=1)]
    lr_milestones: Annotated[list[PositiveInt], AfterValidator(_rising)]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Weight
    val_patches: PositiveInt
    augment: PatchAugment
    precision: TrainingPrecision
    seed: Count


class ScoreClassifier(Section):
    patches: PositiveInt
    seed: Count
