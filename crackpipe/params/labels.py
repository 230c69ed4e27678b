"""Localisation maps of the classifier, the pseudo-labels made of them, and their ablation."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from crackpipe.params import extensions
from crackpipe.params.section import (
    Count,
    Name,
    PositiveFloat,
    PositiveInt,
    Section,
    Share,
    Split,
    Threshold,
    Upsample,
    Weight,
)


def _check_tiling(side_px: int, stride_px: int) -> None:
    if side_px % stride_px:
        raise ValueError(f"the side ({side_px} px) must be a multiple of the stride ({stride_px} px)")


class PatchMap(Section):
    side_px: Annotated[int, Field(ge=16)]
    stride_px: PositiveInt

    @model_validator(mode="after")
    def _strides_tile_the_patch(self) -> "PatchMap":
        _check_tiling(self.side_px, self.stride_px)
        return self


class Cam(Section):
    kind: Literal["gradcam", "gradcam++"]
    target: Literal["crack", "argmax"]
    engine: Literal["head", "library"]


class LocalisationMaps(Section):
    patch_maps: Annotated[list[PatchMap], Field(min_length=1)]
    cam: Cam
    batch_px: PositiveInt
    tile_px: Annotated[int, Field(ge=512, multiple_of=32)]

    @model_validator(mode="after")
    def _one_map_of_each_side(self) -> "LocalisationMaps":
        sides = [patches.side_px for patches in self.patch_maps]
        if len(set(sides)) < len(sides):
            raise ValueError(f"each side may be listed once, got {sides}")
        return self


class SoftLocation(Section):
    binarise: Threshold
    patch_sides_px: Annotated[list[Annotated[int, Field(ge=16)]], Field(min_length=1)]
    with_cam: bool
    upsample: Upsample
    smooth_px: Weight
    near: Annotated[float, Field(ge=0, lt=1)]
    classes: Literal[2, 3]
    softness: Weight
    bilateral_px: Count
    bilateral_sigma: PositiveFloat
    patch_labels: bool


class CamLocation(Section):
    binarise: Threshold
    patch_side_px: Annotated[int, Field(ge=16)]
    upsample: Upsample
    threshold: Share
    erosions: Count
    dark_side_px: Annotated[int, Field(ge=4)]
    dark_stride_px: PositiveInt
    dark_classes: Literal[2, 3]
    bilateral: bool
    bilateral_px: PositiveInt
    bilateral_sigma: PositiveFloat
    closings: Count

    @model_validator(mode="after")
    def _strides_tile_the_patch(self) -> "CamLocation":
        _check_tiling(self.dark_side_px, self.dark_stride_px)
        return self


class CamCrf(Section):
    binarise: Threshold
    upsample: Upsample
    half_at: Annotated[float, Field(gt=0, lt=1)]
    iterations: PositiveInt
    gaussian_sxy: PositiveFloat
    gaussian_compat: Weight
    bilateral_sxy: PositiveFloat
    bilateral_srgb: PositiveFloat
    bilateral_compat: Weight
    confidence: Annotated[float, Field(gt=0.5, lt=1)]


class CamAlone(Section):
    binarise: Threshold
    upsample: Upsample


class Truth(Section):
    binarise: Threshold


LABEL_METHODS = ("soft_location", "cam_location", "cam_crf", "cam", "truth")
LABEL_KINDS = (*LABEL_METHODS, "self_soft_location", "self_cam_location", "self_self_soft_location")
NETWORKS = ("unet", "deepcrack_liu", "deepcrack_zou", "oed")
ADAPTERS = ("text_adapters",)
LabelMethod = Annotated[str, AfterValidator(extensions.one_of(extensions.Label, LABEL_METHODS))]
LabelKind = Annotated[str, AfterValidator(extensions.one_of(extensions.Label, LABEL_KINDS))]
NetworkName = Annotated[str, AfterValidator(extensions.one_of(extensions.Network, NETWORKS))]
SegmenterName = Annotated[str, AfterValidator(extensions.one_of(extensions.Network, (*NETWORKS, *ADAPTERS)))]


def methods() -> tuple[str, ...]:
    """Names of the pseudo-label methods, extensions among them."""
    return extensions.names(extensions.Label, LABEL_METHODS)


def kinds() -> tuple[str, ...]:
    """Names of all kinds of labels that a segmenter can be trained on."""
    return extensions.names(extensions.Label, LABEL_KINDS)


def networks() -> tuple[str, ...]:
    """Names of the networks of pixels, extensions among them."""
    return extensions.names(extensions.Network, NETWORKS)


def segmenters() -> tuple[str, ...]:
    """Names of all segmenters: networks of pixels and text-guided adapters."""
    return (*networks(), *ADAPTERS)


TeacherLabels = Literal["soft_location", "cam_location", "self_soft_location"]
AdaptersName = Literal["text_adapters"]
TEACHER_LABELS: tuple[str, ...] = get_args(TeacherLabels)


class SelfTaught(Section):
    binarise: Threshold


class PseudoLabel(Section):
    methods: Annotated[list[LabelMethod], Field(min_length=1)]
    keep_px: Count
    soft_location: SoftLocation
    cam_location: CamLocation
    cam_crf: CamCrf
    cam: CamAlone
    truth: Truth
    self_soft_location: SelfTaught
    self_cam_location: SelfTaught
    self_self_soft_location: SelfTaught


Variants = Annotated[dict[Name, dict[str, Any]], Field(min_length=1)]


class Ablate(Section):
    splits: Annotated[list[Split], Field(min_length=1)]
    limit: PositiveInt
    cam_location: Variants
    soft_location: Variants
