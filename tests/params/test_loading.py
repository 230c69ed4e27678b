"""params.yaml: what is wrong is named with its key, its value and what is allowed, all faults at once."""

import math
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from crackpipe import params
from crackpipe.errors import ParamsError

ROOT = Path(__file__).parents[2]
RIGHT = params.load(ROOT / "params.yaml").model_dump()


def changed(key: str, value: Any) -> dict[str, Any]:
    """The repository's params with one value changed; ``key`` as in ``ingest.sources.0.limit``."""
    tree = deepcopy(RIGHT)
    branch: Any = tree
    *path, last = (int(part) if part.isdigit() else part for part in key.split("."))
    for part in path:
        branch = branch[part]
    branch[last] = value
    return tree


def faults(tree: Any) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        params.check(tree, where="p.yaml")
    first, *lines = str(caught.value).splitlines()
    assert first == f"p.yaml: {len(lines)} fault(s)"
    return [line.removeprefix("  ") for line in lines]


def test_the_repositorys_params_are_valid() -> None:
    checked = params.load(ROOT / "params.yaml")
    assert checked.slice.side_px == RIGHT["slice"]["side_px"]
    assert params.check(RIGHT, where="again") == checked


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("runtime.device", "tpu", "got 'tpu'; input should be 'auto', 'cpu' or 'cuda'"),
        ("runtime.threads", 0, "got 0; input should be greater than or equal to 1"),
        ("runtime.workers", 257, "got 257; input should be less than or equal to 256"),
        ("train_classifier.epochs", -1, "got -1; input should be greater than or equal to 0"),
        ("train_classifier.epochs", True, "got True; input should be a valid integer"),
        ("train_classifier.epochs", 2.0, "got 2.0; input should be a valid integer"),
        ("train_classifier.lr", 0.0, "got 0.0; input should be greater than 0"),
        ("train_classifier.lr", "1e-4", "got '1e-4'; input should be a valid number"),
        ("train_classifier.lr", math.nan, "got nan; input should be a finite number"),
        ("train_classifier.lr", math.inf, "got inf; input should be a finite number"),
        ("train_classifier.crack_share", 1.0, "got 1.0; input should be less than 1"),
        ("train_classifier.momentum", -0.1, "got -0.1; input should be greater than or equal to 0"),
        ("train_classifier.augment.noise_p", 1.5, "got 1.5; input should be less than or equal to 1"),
        ("train_classifier.precision", "fp16", "got 'fp16'; input should be 'auto', 'fp32' or 'bf16'"),
        ("train_segmenter.precision", "fp16", "got 'fp16'; input should be 'auto', 'fp32' or 'bf16'"),
        ("slice.symmetries", 9, "got 9; input should be less than or equal to 8"),
        ("slice.symmetries", None, "got None; input should be a valid integer"),
        ("ingest.raw", 3, "got 3; input should be a valid string"),
        ("ingest.sources", [], "got []; list should have at least 1 item after validation, not 0"),
        ("ingest.sources.0.limit", 0, "got 0; input should be greater than or equal to 1"),
        ("ingest.sources.0.split", "half", "got 'half'; string should match pattern '^(own|train|val|test|"),
        ("pseudo_label.cam_location.dark_classes", 4, "got 4; input should be 2 or 3"),
        ("pseudo_label.cam_location.bilateral", "yes", "got 'yes'; input should be a valid boolean"),
        ("pseudo_label.cam.binarise", 0.0, "got 0.0; input should be greater than 0"),
        ("pseudo_label.soft_location.near", 1.0, "got 1.0; input should be less than 1"),
        ("pseudo_label.soft_location.classes", 4, "got 4; input should be 2 or 3"),
        ("pseudo_label.methods", [], "got []; list should have at least 1 item after validation, not 0"),
        ("pseudo_label.methods.0", "crf", "got 'crf'; expected one of soft_location, cam_location, cam_crf, "),
        ("localisation_maps.tile_px", 1000, "got 1000; input should be a multiple of 32"),
        ("localisation_maps.cam.engine", "cam", "got 'cam'; input should be 'head' or 'library'"),
        ("train_segmenter.networks.0", "segnet", "got 'segnet'; expected one of unet, deepcrack_liu, "),
        ("embed_windows.max_gib", 0.0, "got 0.0; input should be greater than 0"),
        ("prompts.objects.road", [], "got []; list should have at least 1 item after validation, not 0"),
        ("train_segmenter.unlabelled", ["demo.train"], "unlabelled.0: got 'demo.train'; string should match pattern"),
        ("train_segmenter.unlabelled", ["test"], "unlabelled.0: got 'test'; string should match pattern"),
        ("train_segmenter.augment.rotation_deg", 181.0, "got 181.0; input should be less than or equal to 180"),
        ("train_segmenter.augment.scale_min", 0.0, "got 0.0; input should be greater than 0"),
        ("train_segmenter.unet.batch", 1, "got 1; input should be greater than or equal to 2"),
        ("train_segmenter.unet.fit", "pad", "got 'pad'; input should be 'crop' or 'resize'"),
        ("embed_windows.stages.0", 5, "got 5; input should be less than or equal to 4"),
        ("segment.flips", 3, "got 3; input should be 1, 2, 4 or 8"),
        ("segment.scales", [], "got []; list should have at least 1 item after validation, not 0"),
        ("evaluate.doubtful", "cfd/042", "got 'cfd/042'; input should be a valid list"),
        ("segment.side_px", 31, "got 31; input should be greater than or equal to 32"),
        ("segment.tile_px", 1000, "got 1000; input should be a multiple of 32"),
        ("train_segmenter.unet.side_px", 33, "got 33; input should be a multiple of 32"),
        ("train_segmenter.deepcrack_liu.side_px", 40, "got 40; input should be a multiple of 16"),
        ("train_segmenter.deepcrack_zou.side_px", 48, "got 48; input should be a multiple of 32"),
        ("train_segmenter.oed.side_px", 48, "got 48; input should be a multiple of 32"),
        ("bench.photos", 8, "got 8; expected 0, or 9 and more: three structures"),
        ("segment.splits.0", "dev", "got 'dev'; input should be 'train', 'val' or 'test'"),
        ("align_clip.views", 9, "got 9; input should be less than or equal to 8"),
        ("align_clip.freeze", "all", "got 'all'; input should be 'image', 'text', 'none' or 'blocks'"),
        ("align_clip.feature_dropout", 1.0, "got 1.0; input should be less than 1"),
        ("align_clip.batch", 1, "got 1; input should be greater than or equal to 2"),
        ("embed.models.0", "best", "got 'best'; input should be 'base' or 'tuned'"),
        ("scale_captions.shares.0", 0.0, "got 0.0; input should be greater than 0"),
        ("scale_captions.shares", [0.5, 1.5], "shares.1: got 1.5; input should be less than or equal to 1"),
        ("retrieve.k", 0, "got 0; input should be greater than or equal to 1"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_what_is_allowed(key: str, value: Any, message: str) -> None:
    (fault,) = faults(changed(key, value))
    assert fault.startswith(f"{key}: {message}") or fault.startswith(f"{key.rpartition('.')[0]}.{message}")


PATCH_PX = RIGHT["localisation_maps"]["patch_maps"][0]["side_px"]
DARK_PX = RIGHT["pseudo_label"]["cam_location"]["dark_side_px"]
SIDE_PX = RIGHT["slice"]["side_px"]
TILE_PX = RIGHT["segment"]["tile_px"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("slice.stride_px", SIDE_PX + 1, f"the stride ({SIDE_PX + 1} px) must not exceed the side ({SIDE_PX} px)"),
        (
            "localisation_maps.patch_maps.0.stride_px",
            PATCH_PX - 1,
            f"the side ({PATCH_PX} px) must be a multiple of the stride ({PATCH_PX - 1} px)",
        ),
        (
            "localisation_maps.patch_maps.1.side_px",
            PATCH_PX,
            f"each side may be listed once, got [{PATCH_PX}, {PATCH_PX}, ",
        ),
        (
            "pseudo_label.cam_location.dark_stride_px",
            5,
            f"the side ({DARK_PX} px) must be a multiple of the stride (5 px)",
        ),
        ("prompts.templates.0", "a photo", "'a photo' must hold {} exactly once, where the object or state goes"),
        ("prompts.crack_states.0", "{} or {}", "'{} or {}' must hold {} exactly once"),
        (
            "prompts.surfaces",
            ["roof"],
            "surfaces names ['roof'], but objects has ['bridge', 'road', 'wall']: add them ",
        ),
        ("embed_windows.stages", [1, 2, 1], "stages is [1, 2, 1]; name each stage once"),
        ("scale_captions.shares", [0.5, 0.25], "shares is [0.5, 0.25]; list each share once, the smallest first"),
        ("scale_captions.shares", [0.5, 0.5], "shares is [0.5, 0.5]; list each share once, the smallest first"),
        ("train_segmenter.augment.scale_min", 9.0, "scale_min… (9.0) must not exceed scale_max… ("),
        ("train_segmenter.augment.thin_max_px", 0.1, ") must not exceed thin_max… (0.1)"),
        (
            "segment.overlap_px",
            TILE_PX,
            f"overlap_px ({TILE_PX}) must be less than tile_px ({TILE_PX}); set it to {TILE_PX // 4}, or raise tile_px",
        ),
        ("train_segmenter.unet.epochs", 2.0, "and epochs is 2.0; give one, and null for the other"),
        ("train_segmenter.unet.steps", None, "steps is null and epochs is null; give one, and null for the other"),
        ("segment.crack_min_px", 99.0, "crack_min_px (99.0) must not exceed crack_max_px ("),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_do_not_fit_each_other_are_refused(key: str, value: Any, message: str) -> None:
    (fault,) = faults(changed(key, value))
    section, text = fault.split(": ", 1)
    assert key.startswith(section)
    assert message in text
    assert len(text) < 150  # the section itself is not told


KNOWN_PX = sorted(one["side_px"] for one in RIGHT["localisation_maps"]["patch_maps"])


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "train_segmenter.labels",
            ["cam_location", "cam"],
            "train_segmenter.labels names ['cam'], but pseudo_label.methods does not: add it there, or what "
            "follows self_ to self_label.labels",
        ),
        (
            "train_segmenter.labels",
            ["cam_location", "self_soft_location"],
            "train_segmenter.labels names ['self_soft_location'], but pseudo_label.methods does not: add it there, or "
            "what follows self_ to self_label.labels",
        ),
        (
            "ablate_adapters.labels",
            "cam",
            "ablate_adapters.labels is cam, which neither pseudo_label.methods nor self_label.labels makes: choose "
            "one of those, or leave ablate_adapters.variants empty",
        ),
        (
            "ablate_adapters.variants",
            ["plain_dise"],
            "ablate_adapters.variants names ['plain_dise'], but ablate_adapters.changes holds ['crack', "
            "'cross_entropy', 'loss_on_map', 'no_dice', 'no_edge', 'no_focal', 'normal', 'plain_dice']; did you mean "
            "plain_dice?",
        ),
        (
            "ablate_adapters.changes.crack",
            {"focal_gama": 1.0},
            "ablate_adapters.changes.crack.focal_gama: got 1.0; Extra inputs are not permitted; did you mean "
            "focal_gamma?",
        ),
        (
            "ablate_adapters.changes.crack",
            {"wording": "cracked"},
            "ablate_adapters.changes.crack.wording: got 'cracked'; Input should be 'normal' or 'crack'",
        ),
        (
            "train_segmenter.labels",
            ["soft_location"],
            "self_label.labels is ['cam_location'], but train_segmenter.labels is ['soft_location']: the teacher is "
            "trained on them, so add them there",
        ),
        (
            "train_segmenter.adapters",
            [],
            "self_label.segmenter is text_adapters, but neither train_segmenter.networks nor adapters names it: "
            "add it there",
        ),
        (
            "bench.segmenters",
            ["unet-cam_locaton"],
            "bench.segmenters names unet-cam_locaton, expected some of unet-cam_location, unet-self_cam_location, "
            "text_adapters-cam_location, text_adapters-self_cam_location (train_segmenter.networks and adapters, each "
            "with its labels)",
        ),
        (
            "pseudo_label.soft_location.patch_sides_px",
            [64, 48],
            f"pseudo_label needs patch maps of [48] px, but localisation_maps.patch_maps lists {KNOWN_PX}",
        ),
        (
            "pseudo_label.cam_location.patch_side_px",
            256,
            f"pseudo_label needs patch maps of [256] px, but localisation_maps.patch_maps lists {KNOWN_PX}",
        ),
        (
            "ablate.soft_location.wide",
            {"patch_sides_px": [64, 96]},
            f"ablate.soft_location.wide needs patch maps of [96] px, but localisation_maps.patch_maps lists {KNOWN_PX}",
        ),
        (
            "ablate.cam_location.patch_32",
            {"patch_side_px": 48},
            f"ablate.cam_location.patch_32 needs patch maps of [48] px, but "
            f"localisation_maps.patch_maps lists {KNOWN_PX}",
        ),
        (
            "ablate.soft_location.full",
            {"softness": -1.0},
            "ablate.soft_location.full.softness: got -1.0; Input should be greater than or equal to 0",
        ),
        (
            "ablate.cam_location.full",
            {"softness": 1.0},
            "ablate.cam_location.full.softness: got 1.0; Extra inputs are not permitted",
        ),
    ],
)
def test_sections_that_do_not_fit_each_other_are_refused(key: str, value: Any, message: str) -> None:
    assert faults(changed(key, value)) == [f"(the whole file): {message}"]


@pytest.mark.parametrize(
    ("patch_labels", "self_labels", "conflict", "remedy"),
    [
        (
            True,
            ["cam_location"],
            "pseudo_label.soft_location.patch_labels is true and self_label.labels is ['cam_location']",
            "pseudo_label.soft_location.patch_labels to false and self_label.labels to []",
        ),
        (
            True,
            [],
            "pseudo_label.soft_location.patch_labels is true",
            "pseudo_label.soft_location.patch_labels to false",
        ),
        (False, ["cam_location"], "self_label.labels is ['cam_location']", "self_label.labels to []"),
        (False, [], None, ""),
    ],
)
def test_labels_that_are_emptied_in_patches_without_a_crack_need_patches_without_one_crack_pixel(
    patch_labels: bool, self_labels: list[str], conflict: str | None, remedy: str
) -> None:
    tree = changed("slice.min_crack_px", 5)
    tree["pseudo_label"]["soft_location"]["patch_labels"] = patch_labels
    tree["self_label"]["labels"] = self_labels
    tree["train_segmenter"]["labels"] = ["cam_location"]
    if conflict is None:
        assert params.check(tree, where="p.yaml").slice.min_crack_px == 5
        return
    assert faults(tree) == [
        "(the whole file): slice.min_crack_px is 5, so patches labelled none may hold up to 4 crack pixels, but "
        f"{conflict}: these labels are emptied in such patches and would lose true cracks; set slice.min_crack_px to "
        f"1, or {remedy}"
    ]
    tree["slice"]["min_crack_px"] = 1
    assert params.check(tree, where="p.yaml").slice.min_crack_px == 1


def test_a_variant_is_the_method_with_one_thing_changed() -> None:
    tree = changed("ablate.soft_location", {"full": {}, "hard": {"softness": 0.0, "bilateral_px": 0}})
    checked = params.check(tree, where="p.yaml").variants()
    own = RIGHT["pseudo_label"]["soft_location"]
    assert checked["soft_location"] == {"full": own, "hard": own | {"softness": 0.0, "bilateral_px": 0}}
    assert sorted(checked) == ["cam_location", "soft_location"]
    assert checked["cam_location"]["full"] == RIGHT["pseudo_label"]["cam_location"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("train_classifier.epoch", "did you mean epochs?"),
        ("train_clasifier", "did you mean train_classifier?"),
        ("align_clip.prompts_epochs", "did you mean prompt_epochs?"),
        (
            "align_clip.zzz",
            "known here: batch, chunk, encoder, epochs, feature_dropout, freeze, image_px, joint_width, ",
        ),
        ("ingest.sources.0.limt", "did you mean limit?"),
        ("localisation_maps.patch_maps.0.side", "did you mean side_px?"),
        (
            "segment.zzz",
            "known here: crack_max_px, crack_min_px, dark_share, dark_softness, erosions, flips, octaves_px, "
            "overlap_px, scales, side_px, splits, tile_px",
        ),
        ("ingest.sources.0.zzz", "known here: limit, name, split"),
        ("train_segmenter.unet.zzz", "known here: batch, encoder, epochs, fit, lr, side_px, steps, "),
    ],
)
def test_an_unknown_key_suggests_the_nearest(key: str, hint: str) -> None:
    (fault,) = faults(changed(key, 3))
    assert fault.startswith(f"{key}: unknown key; {hint}")


def test_a_missing_key_says_how_to_get_it() -> None:
    tree = deepcopy(RIGHT)
    del tree["slice"]["side_px"]
    assert faults(tree) == ["slice.side_px: missing; add it, or run `crackpipe configure` to write every key"]


def test_every_fault_is_told_at_once() -> None:
    tree = changed("runtime.threads", 0) | {"slise": {}}
    del tree["evaluate"]
    assert sorted(line.split(":")[0] for line in faults(tree)) == ["evaluate", "runtime.threads", "slise"]


def test_every_section_that_is_left_empty_is_told_of() -> None:
    for name in RIGHT:
        (fault,) = faults(changed(name, None))
        assert fault.startswith(f"{name}: got None; input should be a valid dictionary")


def written(folder: Path, change: Callable[[str], str]) -> Path:
    path = folder / "params.yaml"
    path.write_text(change((ROOT / "params.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    return path


def test_numbers_are_read_as_yaml_1_2_reads_them(tmp_path: Path) -> None:
    path = written(tmp_path, lambda text: re.sub(r"(?m)^  lr: [^ ]+", "  lr: 2e-5", text))
    assert params.load(path).train_classifier.lr == 2e-5


def test_a_file_that_is_missing_empty_or_no_yaml_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        ParamsError, match=r"params\.yaml: not found; run this in the project's folder, where dvc\.yaml is"
    ):
        params.load(tmp_path / "params.yaml")
    with pytest.raises(ParamsError, match=r"\(the whole file\): got None; input should be a valid dictionary"):
        params.load(written(tmp_path, lambda text: ""))
    with pytest.raises(ParamsError, match=r"params\.yaml: not valid YAML: "):
        params.load(written(tmp_path, lambda text: text + "\n  - [unclosed"))
    with pytest.raises(ParamsError, match=r"not valid YAML: (?s:.*)duplicate key"):
        params.load(written(tmp_path, lambda text: text + "\nslice: {}\n"))


def test_loaded_params_cannot_be_changed() -> None:
    checked = params.load(ROOT / "params.yaml")
    with pytest.raises(ValidationError, match="frozen"):
        checked.slice.side_px = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("few_shot.reference", "linear_image", "reference is linear_image, but heads does not name it: add it there"),
        ("few_shot.crack_texts", ["a crack"], "crack_texts and no_crack_texts go together"),
        ("few_shot.subsets", [0.1, 0.01], "list each once, the smallest first"),
    ],
)
def test_settings_of_few_labels_must_fit_together(key: str, value: Any, message: str) -> None:
    (fault,) = faults(changed(key, value))
    assert fault.startswith("few_shot: ")
    assert message in fault


def test_subsets_are_shares_or_whole_numbers() -> None:
    checked = params.check(changed("few_shot.subsets", [0.0, 0.5, 20]), where="p.yaml").few_shot.subsets
    assert [type(one) for one in checked] == [float, float, int]
    assert faults(changed("few_shot.subsets", [1.5]))


def test_models_outside_a_project_get_the_parameters_of_conf() -> None:
    tree = YAML(typ="safe").load((ROOT / "conf/config.yaml").read_text(encoding="utf-8"))
    del tree["defaults"]
    assert params.defaults() == params.check(tree, where="conf/config.yaml")


@pytest.mark.parametrize(("photos", "batch", "steps"), [(1896, 4, 14_220), (409, 4, 3068), (1, 8, 4)])
def test_an_epoch_of_a_network_is_as_many_windows_as_there_are_photographs(photos: int, batch: int, steps: int) -> None:
    tree = changed(
        "train_segmenter.unet", RIGHT["train_segmenter"]["unet"] | {"steps": None, "epochs": 30.0, "batch": batch}
    )
    assert params.check(tree, where="p.yaml").train_segmenter.unet.steps_for(photos) == steps
