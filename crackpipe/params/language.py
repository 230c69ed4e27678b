"""Prompts, encoders, their training on captions, and the uses of their embeddings."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from crackpipe.params.labels import LabelKind
from crackpipe.params.section import Count, Name, PositiveFloat, PositiveInt, Section, Weight, WindowSide, each_once

Wording = Literal["normal", "crack"]
WORDINGS: tuple[str, ...] = get_args(Wording)
EncoderName = Literal["base", "tuned"]  # before and after captions
DropShare = Annotated[float, Field(ge=0, lt=1)]


class Prompts(Section):
    wording: Wording
    templates: Annotated[list[str], Field(min_length=1)]
    surfaces: Annotated[list[str], Field(min_length=1)]
    objects: dict[Name, Annotated[list[str], Field(min_length=1)]]
    flawless_states: Annotated[list[str], Field(min_length=1)]
    damaged_states: Annotated[list[str], Field(min_length=1)]
    crack_states: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_has_a_slot(self) -> "Prompts":
        for texts in (self.templates, self.flawless_states, self.damaged_states, self.crack_states):
            for text in texts:
                if text.count("{}") != 1:
                    raise ValueError(f"{text!r} must hold {{}} exactly once, where the object or state goes")
        return self

    @model_validator(mode="after")
    def _surfaces_have_objects(self) -> "Prompts":
        if unknown := sorted(set(self.surfaces) - set(self.objects)):
            raise ValueError(f"surfaces names {unknown}, but objects has {sorted(self.objects)}: add them there")
        return self


class AblateAdapters(Section):
    variants: Annotated[list[Name], AfterValidator(each_once)]
    labels: LabelKind
    changes: dict[Name, dict[str, Any]]


class AlignClip(Section):
    encoder: Literal["dual", "open_clip"]
    open_clip_model: str
    weights: str
    image_px: WindowSide | None
    trunk: Literal["classifier", "package"]
    joint_width: Annotated[int, Field(ge=8)]
    text_width: Annotated[int, Field(ge=8)]
    text_layers: PositiveInt
    patches: Annotated[int, Field(ge=2)]
    prompt_epochs: PositiveInt
    epochs: Count
    patience: PositiveInt
    views: Annotated[int, Field(ge=1, le=8)]
    share: Annotated[float, Field(gt=0, le=1)]
    sources: list[str]
    freeze: Literal["image", "text", "none", "blocks"]
    train_blocks: Count
    batch: Annotated[int, Field(ge=2)]
    chunk: PositiveInt
    lr: PositiveFloat
    warmup_steps: Count
    weight_decay: Weight
    feature_dropout: DropShare
    sentence_dropout: DropShare
    seed: Count


class Embed(Section):
    models: list[EncoderName]
    side_px: WindowSide
    fit: Literal["resize", "centre"]
    batch: PositiveInt


class ScaleCaptions(Section):
    shares: list[Annotated[float, Field(gt=0, le=1)]]

    @model_validator(mode="after")
    def _ascending(self) -> "ScaleCaptions":
        if self.shares != sorted(set(self.shares)):
            raise ValueError(f"shares is {self.shares}; list each share once, the smallest first")
        return self


class Retrieve(Section):
    items: Literal["task", "complete"]
    gallery: Literal["labelled", "all"]
    k: PositiveInt
    weighted: bool
    inverse_penalty: PositiveFloat
    standardise: bool
    iterations: PositiveInt
