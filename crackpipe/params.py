"""Typed, frozen, range-checked parameters. ``params.yaml`` is the one place where a default lives.

Each stage calls :func:`load`, which checks the whole file before any work is done. The classes below say what is
allowed; the comments in ``params.yaml`` say what it means.
"""

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crackpipe.errors import ParamsError

PositiveInt = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[float, Field(gt=0, lt=1)]
WindowSide = Annotated[int, Field(ge=32)]
Fit = Literal["crop", "resize"]
Upsample = Literal["linear", "lanczos"]
Split = Literal["train", "val", "test"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


Precision = Literal["auto", "fp32", "bf16", "fp16"]


class Section(BaseModel):
    """A section of ``params.yaml``: no unknown key, no silent conversion, no infinity, no change after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Runtime(Section):
    device: Literal["auto", "cpu", "cuda"]
    precision: Precision
    threads: Annotated[int, Field(ge=1, le=256)]
    workers: Annotated[int, Field(ge=1, le=256)]


class Source(Section):
    name: Literal["demo", "crack500", "cfd", "deepcrack", "sdnet2018", "metu", "ael", "folder", "captions"]
    split: Annotated[str, Field(pattern=r"^(own|train|val|test|\d+:\d+:\d+)$")]
    limit: PositiveInt | None


class Demo(Section):
    photos: Annotated[int, Field(ge=20)]
    side_px: Annotated[int, Field(ge=128, le=4096)]
    seed: Count


class Ingest(Section):
    raw: str
    sources: Annotated[list[Source], Field(min_length=1)]
    max_megapixels: PositiveFloat
    seed: Count
    demo: Demo


class Slice(Section):
    side_px: Annotated[int, Field(ge=16)]
    stride_px: PositiveInt
    symmetries: Annotated[int, Field(ge=1, le=8)]
    min_crack_px: PositiveInt

    @model_validator(mode="after")
    def _patches_leave_no_gap(self) -> "Slice":
        if self.stride_px > self.side_px:
            raise ValueError(f"the stride ({self.stride_px} px) must not exceed the side ({self.side_px} px)")
        return self


class PatchAugment(Section):
    sides_px: Annotated[list[Annotated[int, Field(ge=32)]], Field(min_length=1)]
    colour_jitter: Share
    colour_jitter_p: Share
    noise_p: Share


class TrainClassifier(Section):
    backbone: Literal["resnet50", "resnet101", "resnet152", "vgg16", "tf_efficientnet_lite0"]
    weights: str
    loss: Literal["cross_entropy"]
    epochs: PositiveInt
    patches_per_epoch: PositiveInt
    crack_share: Annotated[float, Field(gt=0, lt=1)]
    batch: PositiveInt
    optimiser: Literal["sgd", "adam"]
    lr: PositiveFloat
    lr_gamma: Annotated[float, Field(gt=0, le=1)]
    lr_step_epochs: PositiveInt
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Weight
    score_patches: PositiveInt
    augment: PatchAugment
    precision: Precision
    seed: Count


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


class Evidence(Section):
    patch_maps: Annotated[list[PatchMap], Field(min_length=1)]
    cam: Cam
    batch_px: PositiveInt
    tile_px: Annotated[int, Field(ge=512, multiple_of=32)]

    @model_validator(mode="after")
    def _one_map_of_each_side(self) -> "Evidence":
        sides = [one.side_px for one in self.patch_maps]
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


LabelMethod = Literal["soft_location", "cam_location", "cam_crf", "cam", "truth"]
LabelKind = Literal[
    "soft_location", "cam_location", "cam_crf", "cam", "truth", "self_soft_location", "self_cam_location"
]
SegmenterName = Literal["unet", "text_adapters", "deepcrack_liu", "deepcrack_zou", "oed"]


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


Variants = Annotated[dict[Name, dict[str, Any]], Field(min_length=1)]


class Ablate(Section):
    splits: Annotated[list[Split], Field(min_length=1)]
    limit: PositiveInt
    cam_location: Variants
    soft_location: Variants


class Prompts(Section):
    wording: Literal["normal", "crack"]
    templates: Annotated[list[str], Field(min_length=1)]
    objects: Annotated[list[str], Field(min_length=1)]
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


class AlignClip(Section):
    encoder: Literal["dual", "open_clip"]
    weights: str
    open_clip_model: str
    joint_width: Annotated[int, Field(ge=8)]
    text_width: Annotated[int, Field(ge=8)]
    text_layers: PositiveInt
    patches: PositiveInt
    epochs: PositiveInt
    batch: Annotated[int, Field(ge=2)]
    lr: PositiveFloat
    warmup_steps: Count
    weight_decay: Weight
    seed: Count


class Augment(Section):
    scale_min: PositiveFloat
    scale_max: PositiveFloat
    rotation_deg: Annotated[float, Field(ge=0, le=180)]
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

    @model_validator(mode="after")
    def _smallest_first(self) -> "Augment":
        for name, low, high in (
            ("scale", self.scale_min, self.scale_max),
            ("thin", self.thin_min_px, self.thin_max_px),
        ):
            if low > high:
                raise ValueError(f"{name}_min… ({low}) must not exceed {name}_max… ({high})")
        return self


class TextAdapters(Section):
    side_px: WindowSide
    fit: Fit
    views: PositiveInt
    epochs: PositiveInt
    batch: PositiveInt
    lr: PositiveFloat
    stages: Annotated[list[Annotated[int, Field(ge=1, le=4)]], Field(min_length=1)]
    focal_weight: Weight
    dice_weight: Weight
    edge_weight: Weight
    combine: Literal["mean", "sum"]


class PixelNetwork(Section):
    side_px: WindowSide
    fit: Fit
    encoder: str
    weights: Literal["package", "classifier", "hub", "none"]
    width: Annotated[float, Field(gt=0, le=4)]
    steps: PositiveInt
    batch: Annotated[int, Field(ge=2)]
    lr: PositiveFloat
    weight_decay: Weight


class RefinedNetwork(PixelNetwork):
    refine_px: Count


class TrainSegmenter(Section):
    segmenters: Annotated[list[SegmenterName], Field(min_length=1)]
    labels: Annotated[list[LabelKind], Field(min_length=1)]
    unlabelled: list[Literal["val", "test"]]
    photos: PositiveInt
    soft_labels: bool
    precision: Precision
    seed: Count
    augment: Augment
    unet: PixelNetwork
    text_adapters: TextAdapters
    deepcrack_liu: RefinedNetwork
    deepcrack_zou: PixelNetwork
    oed: PixelNetwork


class Segment(Section):
    splits: Annotated[list[Split], Field(min_length=1)]
    side_px: WindowSide | None
    tile_px: Annotated[int, Field(ge=64)]
    overlap_px: Count
    flips: Literal[1, 2, 4, 8]
    scales: Annotated[list[PositiveFloat], Field(min_length=1, max_length=16)]
    crack_min_px: Weight
    crack_max_px: PositiveFloat
    dark_share: Share
    dark_softness: Weight
    erosions: Count


class SelfLabel(Section):
    labels: list[Literal["soft_location", "cam_location"]]
    segmenter: SegmenterName

    def kinds(self) -> list[str]:
        """The kinds of labels that are made."""
        return [f"self_{kind}" for kind in self.labels]


class Evaluate(Section):
    tolerance_px: Annotated[int, Field(ge=1, le=32)]
    doubtful: list[str]
    gallery_rows: Annotated[int, Field(ge=1, le=20)]


class Params(Section):
    """The whole of ``params.yaml``."""

    runtime: Runtime
    ingest: Ingest
    slice: Slice
    train_classifier: TrainClassifier
    evidence: Evidence
    pseudo_label: PseudoLabel
    ablate: Ablate
    prompts: Prompts
    align_clip: AlignClip
    train_segmenter: TrainSegmenter
    segment: Segment
    self_label: SelfLabel
    evaluate: Evaluate

    @model_validator(mode="after")
    def _labels_are_made(self) -> "Params":
        wanted, taught = set(self.train_segmenter.labels), set(self.self_label.kinds())
        missing = wanted - set(self.pseudo_label.methods) - taught
        if missing:
            raise ValueError(
                f"train_segmenter.labels names {sorted(missing)}, but pseudo_label.methods does not: add it there, or "
                "what follows self_ to self_label.labels"
            )
        if not set(self.self_label.labels) <= wanted:
            raise ValueError(
                f"self_label.labels is {self.self_label.labels}, but train_segmenter.labels is {sorted(wanted)}: the "
                "teacher is trained on them, so add them there"
            )
        if taught and self.self_label.segmenter not in self.train_segmenter.segmenters:
            raise ValueError(
                f"self_label.segmenter is {self.self_label.segmenter}, but train_segmenter.segmenters does not name "
                "it: add it there"
            )
        return self

    @model_validator(mode="after")
    def _variants_are_settings(self) -> "Params":
        for method, named in self.variants().items():
            kind = type(getattr(self.pseudo_label, method))
            for name, settings in named.items():
                try:
                    kind.model_validate(settings)
                except ValidationError as error:
                    first = error.errors()[0]
                    key = ".".join(str(part) for part in first["loc"])
                    raise ValueError(f"ablate.{method}.{name}.{key}: got {first['input']!r}; {first['msg']}") from None
        return self

    def variants(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Method → variant → all settings of the method, those of ``ablate`` in place of the method's own."""
        own = {"cam_location": self.ablate.cam_location, "soft_location": self.ablate.soft_location}
        return {
            method: {
                name: {**getattr(self.pseudo_label, method).model_dump(), **changes} for name, changes in named.items()
            }
            for method, named in own.items()
        }

    @model_validator(mode="after")
    def _evidence_is_gathered(self) -> "Params":
        known = {one.side_px for one in self.evidence.patch_maps}
        own = self.pseudo_label
        needed = {"pseudo_label": {*own.soft_location.patch_sides_px, own.cam_location.patch_side_px}}
        for method, named in self.variants().items():
            for name, settings in named.items():
                sides = settings["patch_sides_px"] if method == "soft_location" else [settings["patch_side_px"]]
                needed[f"ablate.{method}.{name}"] = set(sides)
        for where, sides in needed.items():
            if not sides <= known:
                raise ValueError(
                    f"{where} needs patch maps of {sorted(sides - known)} px, "
                    f"but evidence.patch_maps lists {sorted(known)}"
                )
        return self


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check a params file.

    Raises:
        ParamsError: the file is missing, is no YAML, or a key, type or range is wrong; every fault is listed with
            its key, the value found and what is allowed.
    """
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParamsError(f"{path}: not found; run `crackpipe configure` to write it") from error
    except YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from error
    return check(tree, where=str(path))


def check(tree: Any, *, where: str) -> Params:
    """Check a tree of plain values against the schema; ``where`` names it in errors.

    Raises:
        ParamsError: see :func:`load`.
    """
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        faults = "\n".join(f"  {_explain(fault)}" for fault in error.errors())
        raise ParamsError(f"{where}: {error.error_count()} fault(s)\n{faults}") from None


def _explain(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"]) or "(the whole file)"
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(fault["loc"])
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"{key}: unknown key; {hint}"
    if fault["type"] == "missing":
        return f"{key}: missing; add it, or run `crackpipe configure` to write every key"
    if fault["type"] == "value_error" and isinstance(fault["input"], dict):  # of values that do not fit each other
        return f"{key}: {fault['ctx']['error']}"
    return f"{key}: got {fault['input']!r}; {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Names allowed where an unknown key was found."""
    section: Any = Params
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        kind = section.model_fields[part].annotation
        section = next(iter(get_args(kind)), kind)  # a list of sections holds them as its argument
    return sorted(section.model_fields)
