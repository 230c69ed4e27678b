"""The comparison of losses by how well calibrated the classifiers are that they train."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from crackpipe.params.classifier import Backbone
from crackpipe.params.losses import LossName
from crackpipe.params.section import Count, Name, PositiveFloat, PositiveInt, Section, each_once


class Attack(Section):
    steps: Annotated[int, Field(ge=1, le=100)]
    epsilon: PositiveFloat
    step_size: PositiveFloat


class Calibrate(Section):
    losses: Annotated[list[LossName], AfterValidator(each_once)]
    aicl_variants: Annotated[list[Name], AfterValidator(each_once)]
    backbones: Annotated[list[Backbone], Field(min_length=1), AfterValidator(each_once)]
    train_on: Annotated[list[Name], Field(min_length=1), AfterValidator(each_once)]
    bootstrap: PositiveInt
    seeds: Annotated[list[Count], Field(min_length=1), AfterValidator(each_once)]
    train_from: Annotated[str, Field(min_length=1)] | None
    kept_patches: PositiveInt
    val_patches: PositiveInt
    test_patches: PositiveInt
    attack: Attack
    variants: dict[Name, dict[str, Any]]

    def cells(self) -> list[tuple[str, str, str, int]]:
        """All cells of the matrix, in order: loss or variant, backbone, sources, seed."""
        return [
            (loss, backbone, source, seed)
            for loss in (*self.losses, *self.aicl_variants)
            for backbone in self.backbones
            for source in self.train_on
            for seed in self.seeds
        ]
