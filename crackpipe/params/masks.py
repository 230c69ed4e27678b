"""Segmenters, their training and inference, self-training, and the figures of masks."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from crackpipe.params.labels import AdaptersName, LabelKind, NetworkName, SegmenterName, TeacherLabels
from crackpipe.params.section import (
    Count,
    Exponent,
    Fit,
    PositiveFloat,
    PositiveInt,
    Section,
    Share,
    Split,
    TrainingPrecision,
    Weight,
    WindowSide,
    each_once,
)

SURVEY = 9  # photographs of the smallest drawn survey


class Augment(Section):
    scale_min: PositiveFloat
    scale_max: PositiveFloat
    rotation_deg: Annotated[float, Field(ge=0, le=180)]
    symmetries: Literal["none", "mirror", "all"]
    contrast: Share
    brightness: Annotated[float, Field(ge=0, le=255)]
    grey_p: Share
    blur_p: Share
    blur_px: Weight
    noise_p: Share
    noise: Annotated[float, Field(ge=0, le=255)]
    thin_cracks_p: Share
    thin_min_px: PositiveFloat
    thin_max_px: PositiveFloat
    drawn_cracks_p: Share
    drawn_min_px: PositiveFloat
    drawn_max_px: PositiveFloat
    lookalikes_p: Share

    @model_validator(mode="after")
    def _smallest_first(self) -> "Augment":
        for name, low, high in (
            ("scale", self.scale_min, self.scale_max),
            ("thin", self.thin_min_px, self.thin_max_px),
            ("drawn", self.drawn_min_px, self.drawn_max_px),
        ):
            if low > high:
                raise ValueError(f"{name}_min… ({low}) must not exceed {name}_max… ({high})")
        return self


class EmbedWindows(Section):
    side_px: WindowSide
    fit: Fit
    views: PositiveInt
    stages: Annotated[list[Annotated[int, Field(ge=1, le=4)]], Field(min_length=1)]
    batch: PositiveInt
    max_gib: PositiveFloat
    seed: Count

    @model_validator(mode="after")
    def _each_stage_once(self) -> "EmbedWindows":
        if len(set(self.stages)) < len(self.stages):
            raise ValueError(f"stages is {self.stages}; name each stage once")
        return self


class TextAdapters(Section):
    epochs: PositiveInt
    batch: PositiveInt
    lr: PositiveFloat
    focal_weight: Weight
    focal_alpha: PositiveFloat
    focal_gamma: Exponent
    dice_weight: Weight
    dice: Literal["squared", "plain"]
    edge_weight: Weight
    loss_on: Literal["stages", "map"]
    combine: Literal["mean", "sum"]


class PixelNetwork(Section):
    side_px: Annotated[int, Field(ge=32, multiple_of=32)]
    fit: Fit
    encoder: str
    weights: Literal["package", "classifier", "hub", "none"]
    width: Annotated[float, Field(gt=0, le=4)]
    steps: PositiveInt | None
    epochs: PositiveFloat | None
    batch: Annotated[int, Field(ge=2)]
    lr: PositiveFloat
    weight_decay: Weight

    @model_validator(mode="after")
    def _steps_or_epochs(self) -> "PixelNetwork":
        if (self.steps is None) == (self.epochs is None):
            raise ValueError(
                f"steps is {_told(self.steps)} and epochs is {_told(self.epochs)}; give one, and null for the other"
            )
        return self

    def steps_for(self, photos: int) -> int:
        """Steps of the training on so many photographs, unlabelled ones among them; epochs give one at least."""
        return self.steps if self.steps is not None else max(1, round((self.epochs or 0) * photos / self.batch))


class RefinedNetwork(PixelNetwork):
    side_px: Annotated[int, Field(ge=32, multiple_of=16)]
    refine_px: Count


class GatedNetwork(PixelNetwork):
    gates: bool


SourceSplit = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.(val|test)$")]  # e.g. crack500.test


class Optimise(Section):
    loss: Literal["bce_dice", "bce"]
    optimiser: Literal["adamw", "sgd"]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    schedule: Literal["cosine", "step"]
    lr_gamma: Annotated[float, Field(gt=0, le=1)]
    lr_milestones: list[Annotated[float, Field(gt=0, lt=1)]]
    average: Annotated[float, Field(ge=0, lt=1)]


class TrainSegmenter(Section):
    networks: list[NetworkName]
    adapters: Annotated[list[AdaptersName], Field(max_length=1)]
    labels: Annotated[list[LabelKind], Field(min_length=1)]
    unlabelled: Annotated[list[SourceSplit], AfterValidator(each_once)]
    photos: PositiveInt | None
    soft_labels: bool
    uncertain: Annotated[float, Field(ge=0, lt=0.5)]
    precision: TrainingPrecision
    seed: Count
    augment: Augment
    optimise: Optimise
    unet: PixelNetwork
    text_adapters: TextAdapters
    deepcrack_liu: RefinedNetwork
    deepcrack_zou: PixelNetwork
    oed: GatedNetwork

    @property
    def segmenters(self) -> list[str]:
        """All that are trained, each on each kind of labels."""
        return [*self.networks, *self.adapters]

    @model_validator(mode="after")
    def _hard_labels_are_certain(self) -> "TrainSegmenter":
        if self.uncertain and not self.soft_labels:
            raise ValueError(f"uncertain is {self.uncertain}, but soft_labels is false, so that no label is unsure")
        return self

    @model_validator(mode="after")
    def _something_is_trained(self) -> "TrainSegmenter":
        if not self.segmenters:
            raise ValueError("networks and adapters are both empty; name a segmenter in one of them")
        return self


class Segment(Section):
    splits: Annotated[list[Split], Field(min_length=1)]
    side_px: WindowSide | None
    tile_px: Annotated[int, Field(ge=64, multiple_of=32)]
    overlap_px: Count
    flips: Literal[1, 2, 4, 8]
    scales: Annotated[list[PositiveFloat], Field(min_length=1, max_length=16)]
    octaves_px: PositiveInt | None
    crack_min_px: Weight
    crack_max_px: PositiveFloat
    dark_share: Share
    dark_softness: Weight
    erosions: Count

    @model_validator(mode="after")
    def _tiles_overlap_and_cracks_have_a_width(self) -> "Segment":
        if self.overlap_px >= self.tile_px:
            raise ValueError(
                f"overlap_px ({self.overlap_px}) must be less than tile_px ({self.tile_px}); set it to "
                f"{self.tile_px // 4}, or raise tile_px"
            )
        if self.crack_min_px > self.crack_max_px:
            raise ValueError(f"crack_min_px ({self.crack_min_px}) must not exceed crack_max_px ({self.crack_max_px})")
        return self


class SelfLabel(Section):
    labels: list[TeacherLabels]
    segmenter: SegmenterName
    flips: Literal[1, 2, 4, 8] | None
    scales: Annotated[list[PositiveFloat], Field(min_length=1, max_length=16)] | None

    def changes(self) -> dict[str, Any]:
        """Settings of inference in which the teacher differs from ``segment``."""
        return {name: value for name in ("flips", "scales") if (value := getattr(self, name)) is not None}

    def kinds(self) -> list[str]:
        """The kinds of labels that are made."""
        return [f"self_{kind}" for kind in self.labels]


def _told(value: float | None) -> str:
    return "null" if value is None else str(value)


def _odd(side_px: int) -> int:
    if side_px % 2 == 0:
        raise ValueError("expected an odd number of pixels, so that the window has a middle")
    return side_px


def _none_or_a_survey(count: int) -> int:
    if count != 0 and count < SURVEY:
        raise ValueError(f"expected 0, or {SURVEY} and more: three structures")
    return count


class Bench(Section):
    segmenters: Annotated[list[str], AfterValidator(each_once)]
    photos: Annotated[int, AfterValidator(_none_or_a_survey)]
    side_px: Annotated[int, Field(ge=64)]
    seed: Count
    square_px: PositiveInt
    tolerance_px: Annotated[int, Field(ge=1, le=32)]
    gap_px: Weight
    min_elongation: Weight


class LocalThresholds(Section):
    window_px: Annotated[int, Field(ge=3), AfterValidator(_odd)]
    niblack_k: float
    sauvola_k: float


class Evaluate(Section):
    tolerance_px: Annotated[int, Field(ge=1, le=32)]
    baselines: LocalThresholds
    bootstrap: PositiveInt
    seed: Count
    doubtful: list[str]
    gallery_rows: Annotated[int, Field(ge=1, le=20)]
