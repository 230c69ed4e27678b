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


class Augment(Section):
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
    augment: Augment
    precision: Precision
    seed: Count


def _check_tiling(side_px: int, stride_px: int) -> None:
    if side_px % stride_px:
        raise ValueError(f"the side ({side_px} px) must be a multiple of the stride ({stride_px} px)")


class PatchMap(Section):
    side_px: Annotated[int, Field(ge=16)]
    stride_px: PositiveInt
    upsample: Literal["linear", "lanczos"]

    @model_validator(mode="after")
    def _strides_tile_the_patch(self) -> "PatchMap":
        _check_tiling(self.side_px, self.stride_px)
        return self


class Cam(Section):
    kind: Literal["gradcam", "gradcam++"]
    target: Literal["crack", "argmax"]
    engine: Literal["head", "library"]
    upsample: Literal["linear", "lanczos"]


class CamLocation(Section):
    patch_map: PatchMap
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
    iterations: PositiveInt
    gaussian_sxy: PositiveFloat
    gaussian_compat: Weight
    bilateral_sxy: PositiveFloat
    bilateral_srgb: PositiveFloat
    bilateral_compat: Weight
    confidence: Annotated[float, Field(gt=0.5, lt=1)]


class PseudoLabel(Section):
    method: Literal["cam", "cam_crf", "cam_location"]
    binarise: Annotated[float, Field(gt=0, lt=1)]
    keep_px: Count
    batch_px: PositiveInt
    cam: Cam
    cam_crf: CamCrf
    cam_location: CamLocation


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


class TextAdapters(Section):
    stages: Annotated[list[Annotated[int, Field(ge=1, le=4)]], Field(min_length=1)]
    focal_weight: Weight
    dice_weight: Weight
    edge_weight: Weight
    combine: Literal["mean", "sum"]


class TrainSegmenter(Section):
    segmenters: Annotated[list[Literal["text_adapters"]], Field(min_length=1)]
    labels: Annotated[list[Literal["pseudo", "truth"]], Field(min_length=1)]
    side_px: Annotated[int, Field(ge=32)]
    fit: Literal["crop", "resize"]
    symmetries: Annotated[int, Field(ge=1, le=8)]
    photos: PositiveInt
    epochs: PositiveInt
    batch: PositiveInt
    lr: PositiveFloat
    seed: Count
    text_adapters: TextAdapters


class Segment(Section):
    splits: Annotated[list[Split], Field(min_length=1)]
    side_px: Annotated[int, Field(ge=32)] | None
    erosions: Count


class Evaluate(Section):
    tolerance_px: Annotated[int, Field(ge=1, le=32)]
    gallery_rows: Annotated[int, Field(ge=1, le=20)]


class Params(Section):
    """The whole of ``params.yaml``."""

    runtime: Runtime
    ingest: Ingest
    slice: Slice
    train_classifier: TrainClassifier
    pseudo_label: PseudoLabel
    prompts: Prompts
    align_clip: AlignClip
    train_segmenter: TrainSegmenter
    segment: Segment
    evaluate: Evaluate


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
