"""Losses of the patch classifier; each section holds the keyword arguments of the function of that name."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from crackpipe.params import extensions
from crackpipe.params.section import Count, Exponent, PositiveFloat, PositiveInt, Section, Share, Threshold, Weight

LOSSES = ("cross_entropy", "label_smoothing", "flsd", "ar_adals", "mbls", "dual_focal", "acent", "dece", "aicl")
LossName = Annotated[str, AfterValidator(extensions.one_of(extensions.Loss, LOSSES))]


class CrossEntropy(Section):
    pass


class LabelSmoothing(Section):
    alpha: Share


class Flsd(Section):
    gamma_unsure: Exponent
    gamma_sure: Exponent
    sure_from: Threshold


class ArAdals(Section):
    subsets: PositiveInt
    rate: Weight


class Mbls(Section):
    margin: Weight
    weight: Weight


class DualFocal(Section):
    gamma: Exponent


class Acent(Section):
    weight: Weight
    epsilon: PositiveFloat
    steps: PositiveInt


class Dece(Section):
    weight: Weight
    bins: PositiveInt
    sharpness: PositiveFloat
    bin_temperature: PositiveFloat


class Aicl(Section):
    weight: Weight
    burn_in_epochs: Count
    steps: Annotated[int, Field(ge=1, le=100)]
    epsilon: PositiveFloat
    step_size: PositiveFloat
    against: Literal["decision", "label"]
    start: Literal["features", "uniform"]
    level: Literal["distribution", "sample"]
    pairs: Literal["neighbours", "all"]
    hinge: bool
    detach: bool


class Losses(Section):
    cross_entropy: CrossEntropy
    label_smoothing: LabelSmoothing
    flsd: Flsd
    ar_adals: ArAdals
    mbls: Mbls
    dual_focal: DualFocal
    acent: Acent
    dece: Dece
    aicl: Aicl
