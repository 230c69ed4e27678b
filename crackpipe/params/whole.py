"""The whole of ``params.yaml``: its sections, and the rules between them."""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError, create_model, model_validator

from crackpipe.errors import ParamsError, did_you_mean
from crackpipe.params import extensions
from crackpipe.params.calibrate import Calibrate
from crackpipe.params.classifier import ALEXNET, ScoreClassifier, TrainClassifier
from crackpipe.params.few_shot import FewShot
from crackpipe.params.labels import Ablate, LocalisationMaps, PseudoLabel
from crackpipe.params.language import AblateAdapters, AlignClip, Embed, Prompts, Retrieve, ScaleCaptions
from crackpipe.params.losses import Aicl, Losses
from crackpipe.params.masks import Bench, EmbedWindows, Evaluate, PixelNetwork, Segment, SelfLabel, TrainSegmenter
from crackpipe.params.photographs import Ingest, Slice
from crackpipe.params.runtime import RuntimeSettings
from crackpipe.params.section import Section


def schema() -> type["Params"]:
    """What ``params.yaml`` may hold: :class:`Params`, with a section for each extension of the project.

    Raises:
        ParamsError: an extension has the name of another key, or settings that do not fit its kind.
    """
    changed: dict[str, Any] = {}
    for kind in extensions.KINDS:
        found = extensions.found(kind)
        if found and kind.below:
            section: Any = Params.model_fields[kind.below].annotation
            for one in found.values():
                _check_settings(one, taken=section.model_fields)
            settings: dict[str, Any] = {name: (type(one.settings), ...) for name, one in found.items()}
            changed[kind.below] = (create_model(section.__name__, __base__=section, **settings), ...)
    return create_model("Params", __base__=Params, **changed) if changed else Params


def _check_settings(extension: extensions.Extension, *, taken: Collection[str]) -> None:
    where = f"{extensions.FOLDER}: {extension.name}"
    if extension.name in taken:
        raise ParamsError(f"{where}: {extension.below} has a key of this name already; choose another")
    if isinstance(extension, extensions.Network) and not isinstance(extension.settings, PixelNetwork):
        raise ParamsError(f"{where}: its settings are no PixelNetwork (crackpipe.params.masks); make them one")
    if isinstance(extension, extensions.Label):
        missing = {"binarise", "upsample"} - type(extension.settings).model_fields.keys()
        if missing:
            raise ParamsError(f"{where}: its settings lack {', '.join(sorted(missing))}, which every label has")


class Params(Section):
    """The whole of ``params.yaml``."""

    runtime: RuntimeSettings
    ingest: Ingest
    slice: Slice
    train_classifier: TrainClassifier
    score_classifier: ScoreClassifier
    losses: Losses
    calibrate: Calibrate
    localisation_maps: LocalisationMaps
    pseudo_label: PseudoLabel
    ablate: Ablate
    prompts: Prompts
    align_clip: AlignClip
    embed: Embed
    scale_captions: ScaleCaptions
    retrieve: Retrieve
    few_shot: FewShot
    embed_windows: EmbedWindows
    train_segmenter: TrainSegmenter
    ablate_adapters: AblateAdapters
    segment: Segment
    self_label: SelfLabel
    evaluate: Evaluate
    bench: Bench

    @model_validator(mode="after")
    def _labels_are_made(self) -> "Params":
        wanted, self_made = set(self.train_segmenter.labels), set(self.self_label.kinds())
        missing = wanted - set(self.pseudo_label.methods) - self_made
        if missing:
            raise ValueError(
                f"train_segmenter.labels names {sorted(missing)}, but pseudo_label.methods does not: add it there, or "
                "what follows self_ to self_label.labels"
            )
        kind = self.ablate_adapters.labels
        if self.ablate_adapters.variants and kind not in {*self.pseudo_label.methods, *self_made}:
            raise ValueError(
                f"ablate_adapters.labels is {kind}, which neither pseudo_label.methods nor self_label.labels makes: "
                "choose one of those, or leave ablate_adapters.variants empty"
            )
        if not set(self.self_label.labels) <= wanted:
            raise ValueError(
                f"self_label.labels is {self.self_label.labels}, but train_segmenter.labels is {sorted(wanted)}: the "
                "teacher is trained on them, so add them there"
            )
        if self_made and self.self_label.segmenter not in self.train_segmenter.segmenters:
            raise ValueError(
                f"self_label.segmenter is {self.self_label.segmenter}, but neither train_segmenter.networks nor "
                "adapters names it: add it there"
            )
        return self

    @model_validator(mode="after")
    def _what_is_benched_is_trained_and_segmented(self) -> "Params":
        trained = [f"{name}-{kind}" for name in self.train_segmenter.segmenters for kind in self.train_segmenter.labels]
        if unknown := [name for name in self.bench.segmenters if name not in trained]:
            raise ValueError(
                f"bench.segmenters names {', '.join(unknown)}, expected some of {', '.join(trained)} "
                "(train_segmenter.networks and adapters, each with its labels)"
            )
        if self.bench.segmenters and self.bench.photos and any(one.name == "demo" for one in self.ingest.sources):
            drawn = (self.bench.seed, self.bench.seed + 1)
            if self.ingest.demo.seed in drawn:
                raise ValueError(
                    f"bench.seed is {self.bench.seed} and ingest.demo.seed is {self.ingest.demo.seed}: surfaces of the "
                    f"seeds {drawn[0]} and {drawn[1]} are drawn for the bench, and a segmenter must not be trained on "
                    "them; change either"
                )
        if self.bench.segmenters and (lacking := {"val", "test"} - set(self.segment.splits)):
            raise ValueError(f"bench.segmenters needs masks of {', '.join(sorted(lacking))}; add it to segment.splits")
        return self

    @model_validator(mode="after")
    def _variants_are_settings(self) -> "Params":
        for method, variants in self.variants().items():
            section = type(getattr(self.pseudo_label, method))
            for name, settings in variants.items():
                try:
                    section.model_validate(settings)
                except ValidationError as error:
                    first = error.errors()[0]
                    key = ".".join(str(part) for part in first["loc"])
                    raise ValueError(f"ablate.{method}.{name}.{key}: got {first['input']!r}; {first['msg']}") from None
        return self

    @model_validator(mode="after")
    def _variants_of_adapters_are_settings(self) -> "Params":
        section = self.ablate_adapters
        if unknown := sorted(set(section.variants) - set(section.changes)):
            raise ValueError(
                f"ablate_adapters.variants names {unknown}, but ablate_adapters.changes holds "
                f"{sorted(section.changes)}{did_you_mean(unknown[0], section.changes)}"
            )
        if section.variants and not self.train_segmenter.adapters:
            raise ValueError(
                f"ablate_adapters.variants is {section.variants}, but train_segmenter.adapters is empty, so that no "
                "window is encoded: name text_adapters there, or leave ablate_adapters.variants empty"
            )
        for name in section.changes:
            self.changed_adapters(name)
        return self

    def changed_adapters(self, name: str) -> tuple[str, dict[str, Any]]:
        """Wording of the prompts and settings of the text adapters of a variant of ``ablate_adapters``.

        Args:
            name: in ``ablate_adapters.changes``.

        Raises:
            ValueError: a change is neither the wording nor a setting of the adapters, or out of range.
        """
        changes = dict(self.ablate_adapters.changes[name])
        prompts = {**self.prompts.model_dump(), **{key: changes.pop(key) for key in ("wording",) if key in changes}}
        adapters = self.train_segmenter.text_adapters
        try:
            wording = type(self.prompts).model_validate(prompts).wording
            return wording, type(adapters).model_validate({**adapters.model_dump(), **changes}).model_dump()
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            known = ["wording", *type(adapters).model_fields]
            hint = "" if key in known else did_you_mean(key, known)
            where = f"ablate_adapters.changes.{name}.{key}"
            raise ValueError(f"{where}: got {first['input']!r}; {first['msg']}{hint}") from None

    @model_validator(mode="after")
    def _none_means_not_one_crack_pixel(self) -> "Params":
        mends = {}  # by what is at odds with the least number of crack pixels
        if self.pseudo_label.soft_location.patch_labels:
            key = "pseudo_label.soft_location.patch_labels"
            mends[f"{key} is true"] = f"{key} to false"
        if self.self_label.labels:
            mends[f"self_label.labels is {self.self_label.labels}"] = "self_label.labels to []"
        least = self.slice.min_crack_px
        if least > 1 and mends:
            raise ValueError(
                f"slice.min_crack_px is {least}, so patches labelled none may hold up to {least - 1} crack pixels, but "
                f"{' and '.join(mends)}: these labels are emptied in such patches and would lose true cracks; set "
                f"slice.min_crack_px to 1, or {' and '.join(mends.values())}"
            )
        return self

    @model_validator(mode="after")
    def _variants_of_aicl_are_settings(self) -> "Params":
        if taken := sorted(set(self.calibrate.variants) & set(type(self.losses).model_fields)):
            raise ValueError(f"calibrate.variants names {taken}, which are losses of their own: give them other names")
        for name, changes in self.calibrate.variants.items():
            try:
                Aicl.model_validate({**self.losses.aicl.model_dump(), **changes})
            except ValidationError as error:
                first = error.errors()[0]
                key = ".".join(str(part) for part in first["loc"])
                raise ValueError(f"calibrate.variants.{name}.{key}: got {first['input']!r}; {first['msg']}") from None
        if unknown := sorted(set(self.calibrate.aicl_variants) - set(self.calibrate.variants)):
            raise ValueError(
                f"calibrate.aicl_variants names {unknown}, but calibrate.variants holds "
                f"{sorted(self.calibrate.variants)}"
            )
        return self

    @model_validator(mode="after")
    def _aicl_acts_before_the_training_ends(self) -> "Params":
        epochs = self.train_classifier.epochs
        losses = {self.train_classifier.loss, *self.calibrate.losses}
        for name in sorted({"aicl"} & losses | set(self.calibrate.aicl_variants)):
            burn_in = self.loss(name)[1]["burn_in_epochs"]
            if burn_in >= epochs:
                raise ValueError(
                    f"{name} begins after {burn_in} burn-in epochs, but train_classifier.epochs is {epochs}: it would "
                    "be cross-entropy all along; lower losses.aicl.burn_in_epochs, or train longer"
                )
        return self

    @model_validator(mode="after")
    def _sources_of_the_comparison_are_taken_in(self) -> "Params":
        known = {"all", *(source.folder for source in self.ingest.sources)}
        if unknown := sorted(set(self.calibrate.train_on) - known) if self.calibrate.cells() else []:
            raise ValueError(f"calibrate.train_on names {unknown}, expected some of {sorted(known)} (ingest.sources)")
        return self

    @model_validator(mode="after")
    def _alexnet_classifies_patches_and_nothing_else(self) -> "Params":
        encoders = {key: name for key, name in self.architectures().items() if key.startswith("train_segmenter")}
        if wrong := [key for key, name in encoders.items() if name == ALEXNET]:
            raise ValueError(
                f"{' and '.join(wrong)}: got {ALEXNET}, which is a patch classifier alone; set another, e.g. resnet50 "
                "or tf_efficientnet_lite0, and its weights to other than classifier"
            )
        settings, clip = self.train_classifier, self.align_clip
        if settings.backbone == ALEXNET and (clip.encoder, clip.trunk) == ("dual", "classifier"):
            raise ValueError(
                f"align_clip.trunk is classifier, but train_classifier.backbone is {ALEXNET}, whose stages an encoder "
                "of images cannot take; set align_clip.trunk to package"
            )
        if ALEXNET in self.architectures().values() and settings.weights in ("hub", "package"):
            raise ValueError(
                f"train_classifier.weights is {settings.weights}, which has none of {ALEXNET}; set it to none, or to a "
                ".safetensors file that you have"
            )
        return self

    @model_validator(mode="after")
    def _unlabelled_photographs_are_taken_in(self) -> "Params":
        known = sorted(source.folder for source in self.ingest.sources)
        named = {name.rpartition(".")[0] for name in self.train_segmenter.unlabelled}
        if unknown := sorted(named - set(known)):
            raise ValueError(f"train_segmenter.unlabelled names {unknown}, expected some of {known} (ingest.sources)")
        return self

    def loss(self, name: str) -> tuple[str, dict[str, Any]]:
        """Name in ``losses`` and settings of a loss, or of a variant of AICL.

        Args:
            name: of either.

        Raises:
            ParamsError: there is neither.
        """
        if name in self.calibrate.variants:
            return "aicl", {**self.losses.aicl.model_dump(), **self.calibrate.variants[name]}
        losses = type(self.losses).model_fields
        if name not in losses:
            known = ", ".join([*losses, *self.calibrate.variants])
            raise ParamsError(f"LOSS: got {name!r}, but losses and calibrate.variants hold {known}")
        return name, getattr(self.losses, name).model_dump()

    def architectures(self) -> dict[str, str]:
        """Names of timm's architectures that will be built, by the key that gives them."""
        found = {"train_classifier.backbone": self.train_classifier.backbone}
        if self.calibrate.cells():
            found |= {f"calibrate.backbones.{i}": name for i, name in enumerate(self.calibrate.backbones)}
        for name in self.train_segmenter.networks:
            found[f"train_segmenter.{name}.encoder"] = getattr(self.train_segmenter, name).encoder
        return found

    def variants(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Method → variant → all settings of the method, those of ``ablate`` in place of the method's own."""
        ablated = {"cam_location": self.ablate.cam_location, "soft_location": self.ablate.soft_location}
        return {
            method: {
                name: {**getattr(self.pseudo_label, method).model_dump(), **changes}
                for name, changes in variants.items()
            }
            for method, variants in ablated.items()
        }

    @model_validator(mode="after")
    def _localisation_maps_are_made(self) -> "Params":
        known = {patches.side_px for patches in self.localisation_maps.patch_maps}
        methods = self.pseudo_label
        needed = {"pseudo_label": {*methods.soft_location.patch_sides_px, methods.cam_location.patch_side_px}}
        for method, variants in self.variants().items():
            for name, settings in variants.items():
                sides = settings["patch_sides_px"] if method == "soft_location" else [settings["patch_side_px"]]
                needed[f"ablate.{method}.{name}"] = set(sides)
        for where, sides in needed.items():
            if not sides <= known:
                raise ValueError(
                    f"{where} needs patch maps of {sorted(sides - known)} px, "
                    f"but localisation_maps.patch_maps lists {sorted(known)}"
                )
        return self
