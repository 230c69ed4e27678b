"""The examples of docs/extending.md, as files of a project's own: found by name, set in params.yaml, trained a step."""

import functools
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML
from text_files import ROOT

from crackpipe import load_segmenter, params
from crackpipe.classify.losses import catalogue as losses
from crackpipe.compute.runtime import Runtime
from crackpipe.data.datasets import catalogue as datasets
from crackpipe.errors import CrackpipeError, ParamsError
from crackpipe.few_shot import heads, sweep
from crackpipe.few_shot.dataset import FewShotData, Patches
from crackpipe.files import stage_code
from crackpipe.files.code_imports import PACKAGES, read
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.params import change, compose, extensions
from crackpipe.pseudo import labelling
from crackpipe.segment.networks import training

TEXT = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(extensions/\w+\.py)`:\n\n```python\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE))
OVERRIDES = [
    *("train_classifier.loss=brier", "losses.brier.weight=2.0", "few_shot.heads=[zero_shot,nearest_mean]"),
    *("few_shot.reference=nearest_mean", "train_segmenter.networks=[plain]", "pseudo_label.methods=[cam_blur]"),
    *(
        "train_segmenter.labels=[cam_blur]",
        "self_label.labels=[]",
        "ablate_adapters.variants=[]",
        "calibrate.losses=[brier]",
    ),
    *("ingest.sources=[{name: walls, split: own, limit: null}]", "embed.models=[base]"),
]


def forget(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(extensions, "_REGISTERED", {})
    patch.setattr(extensions, "_READ", {})


@pytest.fixture(autouse=True)
def _forgotten_after_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)


def write_project(folder: Path) -> Path:
    shutil.copytree(ROOT / "conf", folder / "conf")
    (folder / "extensions").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the parameters, with each of the methods chosen."""
    folder = write_project(tmp_path_factory.mktemp("composed"))
    with pytest.MonkeyPatch.context() as patch:
        forget(patch)
        return compose.compose(folder / "conf", dataset="demo", scale="cpu", overrides=OVERRIDES)


@pytest.fixture
def tree(project: Path, composed: str) -> Any:
    """Those parameters, read in a project that has found nothing yet."""
    (project / "params.yaml").write_text(composed, encoding="utf-8")
    return params.load(project / "params.yaml")


@functools.cache
def manifests(files: tuple[str, ...]) -> dict[str, str]:
    """Code of the stages of the project with these files."""
    described = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return stage_code.manifests(read(ROOT, PACKAGES) | {file: FILES[file] for file in files}, described)


def test_there_is_an_example_of_each_kind(project: Path) -> None:
    extensions.load(project / "extensions")
    assert {kind: list(extensions.found(kind)) for kind in extensions.KINDS} == {
        extensions.Loss: ["brier"],
        extensions.Network: ["plain"],
        extensions.Label: ["cam_blur"],
        extensions.Head: ["nearest_mean"],
        extensions.Dataset: ["walls"],
    }


def test_their_settings_come_into_params_yaml_with_comments_and_one_key_changes_one_line(project: Path) -> None:
    before = (ROOT / "params.yaml").read_text(encoding="utf-8")
    text = change.change(before, project / "conf", groups={}, overrides=[]).text
    added = [line for line in text.splitlines() if line not in before.splitlines()]
    assert "  brier: # Cross-entropy plus the Brier score" in added
    assert "    blur_px: 2.0 # sigma of the Gaussian" in added
    assert "  nearest_mean: # Mean of each class" in added
    assert [line for line in before.splitlines() if line not in text.splitlines()] == []
    again = change.change(text, project / "conf", groups={}, overrides=["losses.brier.weight=0.5"])
    assert again.values == {"losses.brier.weight": (1.0, 0.5)}
    with pytest.raises(
        ParamsError, match=r"losses\.brier\.weight: got -1\.0; input should be greater than or equal to 0"
    ):
        change.change(text, project / "conf", groups={}, overrides=["losses.brier.weight=-1.0"])


def test_without_its_file_a_name_is_unknown(project: Path) -> None:
    (project / "extensions/brier.py").unlink()
    with pytest.raises(
        ParamsError, match=r"train_classifier\.loss: got 'brier'; expected one of cross_entropy, .* aicl"
    ):
        compose.compose(project / "conf", dataset="demo", scale="cpu", overrides=["train_classifier.loss=brier"])


def test_the_loss_is_cross_entropy_and_the_squared_distance(tree: Any) -> None:
    name, settings = tree.loss(tree.train_classifier.loss)
    loss = losses.build(name, settings)
    logits = torch.log(torch.tensor([[0.25, 0.75]]))
    step: Any = None
    found = loss(torch.zeros(1, 3), logits, torch.tensor([1]), step)
    assert found.item() == pytest.approx(-np.log(0.75) + 2.0 * (0.25**2 + 0.25**2))


def test_the_pseudo_label_is_the_blurred_map(tree: Any) -> None:
    method = labelling.create_method("cam_blur", tree.pseudo_label.cam_blur.model_dump())
    cam = np.zeros((19, 19), np.float32)
    cam[9, 9] = 1
    found = method.combine(np.zeros((19, 19, 3), np.uint8), cam)
    assert method.kinds == ("cam",)
    assert found.dtype == np.uint8
    assert found[9, 9] == pytest.approx(255 / (2 * np.pi * 2.0**2), abs=1)  # a Gaussian's middle


def test_the_segmenter_trains_a_step_and_is_loaded_by_its_name(tree: Any, runtime: Runtime, tmp_path: Path) -> None:
    section = tree.train_segmenter.plain
    model = training.create(
        "plain", trunk=None, runtime=runtime, **section.model_dump(include={"encoder", "weights", "width", "side_px"})
    )
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    settings = training.PixelTraining(steps=1, batch=2, lr=0.1, weight_decay=0.0, seed=0)
    folder = tmp_path / "models/segmenter/plain-cam_blur"
    training.train(
        model,
        lambda _: (image, (image[..., 0] > 128).astype(np.uint8) * 255),
        settings,
        folder=folder,
        labels="cam_blur",
        runtime=runtime,
        checkpoint=Checkpoint(tmp_path),
    )
    assert any(not torch.equal(value, before[name]) for name, value in model.network.state_dict().items())
    assert load_segmenter(folder).segment(image).confidence.shape == (96, 96)


def test_the_head_prefers_the_class_whose_mean_is_nearer(tree: Any) -> None:
    vectors = np.float32([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]])

    def patches(count: int) -> Patches:
        names = [f"s/{i}@0,0+8" for i in range(count)]
        return Patches(names, vectors[:count], np.arange(count) % 2, ["s"] * count, [str(i) for i in range(count)])

    assert heads.names()[-1] == "nearest_mean"
    data = FewShotData(patches(2), patches(4), patches(2), vectors[:2])
    settings = dict(tree.few_shot.nearest_mean)
    (row,) = sweep.run("nearest_mean", data, settings=settings, shares=[2], seeds=1, seed=0)
    assert row["score"][2] == pytest.approx(1 / (1 + np.exp(-20 * 0.2)))
    assert row["score"][2] + row["score"][3] == pytest.approx(1)


def test_the_dataset_lists_photographs_with_their_masks(tree: Any, tmp_path: Path) -> None:
    assert [source.name for source in tree.ingest.sources] == ["walls"]
    for name in ("images/a.jpg", "images/b.jpg", "masks/a.png"):
        (tmp_path / "raw/walls" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw/walls" / name).write_bytes(b"")
    found = list(datasets.read("walls", raw=tmp_path / "raw"))
    assert [(photo.name, photo.group, photo.read_mask is not None) for photo in found] == [
        ("a", "a", True),
        ("b", "b", False),
    ]


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("brier", {"train_classifier", "calibrate"}),
        ("cam_blur", {"pseudo_label", "ablate", "self_label"}),
        ("nearest_mean", {"few_shot"}),
        ("walls", {"ingest"}),
    ],
)
def test_only_the_stages_that_find_such_methods_by_name_run_again(name: str, stages: set[str]) -> None:
    before = manifests(())
    after = manifests((f"extensions/{name}.py",))
    assert {stage for stage in after if after[stage] != before[stage]} == stages


def test_each_kind_is_found_by_a_file_that_is_there() -> None:
    assert [kind.__name__ for kind in extensions.KINDS] == list(stage_code.FINDERS)
    for kind, file in stage_code.FINDERS.items():
        assert f"extensions.{kind}" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "changes", "message"),
    [
        ("plain", {'Network("plain"': 'Network("seed"'}, "seed: train_segmenter has a key of this name already"),
        (
            "cam_blur",
            {"    upsample: str": "    way: str", 'upsample="lanczos"': 'way="lanczos"'},
            "lack upsample, which",
        ),
    ],
)
def test_settings_that_do_not_fit_are_told(project: Path, file: str, changes: dict[str, str], message: str) -> None:
    text = FILES[f"extensions/{file}.py"]
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (project / f"extensions/{file}.py").write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=message):
        compose.compose(project / "conf", dataset="demo", scale="cpu", overrides=[])


def test_another_projects_extensions_are_forgotten_and_shared_files_are_imported(project: Path, tmp_path: Path) -> None:
    (project / "extensions/_shared.py").write_text("WEIGHT = 3.0\n", encoding="utf-8")
    text = FILES["extensions/brier.py"].replace("weight=1.0", "weight=WEIGHT")
    (project / "extensions/brier.py").write_text(f"from extensions._shared import WEIGHT\n{text}", encoding="utf-8")
    extensions.load(project / "extensions")
    assert extensions.found(extensions.Loss)["brier"].settings.weight == 3.0
    params.defaults()
    assert extensions.found(extensions.Loss) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", r"extensions/own\.py: cannot be run: ZeroDivisionError: division by zero"),
        ("x = 1", r"extensions/own\.py: holds no EXTENSION; end it with EXTENSION = extensions\.KIND"),
        (
            "from crackpipe.params import Section, extensions\n"
            'EXTENSION = extensions.Loss("a b", settings=Section(), make=print)',
            r"extensions/own\.py: name is 'a b'; expected letters, digits and _",
        ),
        (FILES["extensions/brier.py"], r"extensions/own\.py: another Loss has the name brier; choose another"),
        (
            FILES["extensions/brier.py"].replace('Loss("brier"', 'Loss("aicl"'),
            r"extensions/own\.py: another Loss has the name aicl; choose another",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told(project: Path, text: str, message: str) -> None:
    (project / "extensions/own.py").write_text(text, encoding="utf-8")
    with pytest.raises(CrackpipeError, match=message):
        extensions.load(project / "extensions")
