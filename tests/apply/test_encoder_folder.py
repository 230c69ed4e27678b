"""Which encoder a user means, and the package's own in an empty folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from crackpipe import load_classifier, params
from crackpipe.apply import encoder_folder, packing
from crackpipe.classify import classifier
from crackpipe.cli import app
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.imaging import images
from crackpipe.models import shipped
from crackpipe.params.project import Project

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One with a small encoder, at models/clip_base."""
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    torch.manual_seed(0)
    encoder_files.save(tmp_path / "models/clip_base", DualEncoder(**SPEC), {"architecture": "dual", **SPEC})
    return Project.open(tmp_path)


def invoke(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(app.commands, list(arguments), catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


def write_pictures(folder: Path, *, level: int, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        noise = np.random.default_rng([level, number]).integers(0, 60, (64, 64, 3))
        pixels = (level + noise).astype(np.uint8)
        if level > 100:
            pixels[:, 30:33] = 20
        (folder / f"{number}.png").write_bytes(images.encode_rgb(pixels))


def test_without_a_project_it_is_the_packages_with_the_settings_of_conf() -> None:
    found = encoder_folder.find()
    assert found.path == shipped.FOLDER / shipped.ENCODER
    assert found.params == params.defaults()
    assert found.side_px == 128


def test_a_project_has_its_own_and_one_without_leaves_it_to_the_package(project: Project) -> None:
    assert encoder_folder.find().path.resolve() == project.path("models/clip_base").resolve()
    assert encoder_folder.find(usual=encoder_folder.TUNED).path == shipped.FOLDER / shipped.ENCODER
    assert encoder_folder.find("clip_base").path.resolve() == project.path("models/clip_base").resolve()
    with pytest.raises(ModelError, match=r"models/clip: no model\.json here; .*; there are clip_base$"):
        encoder_folder.find(project=project, usual=encoder_folder.TUNED)  # a project that is named must have it


def test_a_name_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ModelError, match=r"no encoder 'encoder-crack50'; known are encoder-crack500: .*; did you mean"):
        encoder_folder.find("encoder-crack50")
    with pytest.raises(
        ModelError, match="holds a model of the kind 'segmenter', but 'encoder' is needed here; `crackpipe models`"
    ):
        encoder_folder.find(shipped.SEGMENTER)


def test_a_packed_encoder_tells_its_side_and_embeds_as_before(project: Project, runtime: Runtime) -> None:
    source, folder = project.path("models/clip_base"), Path("packed")
    packing.pack_encoder(source, folder, project=project, half=False, told={"about": "a test"})
    found = encoder_folder.find("packed")
    assert (found.card["about"], found.side_px) == ("a test", project.params.slice.side_px)
    texts = [project.params.prompts.templates[0].format("flawless concrete")]
    with torch.inference_mode():
        before, after = (encoder_files.load(one, runtime).text_embedding(texts) for one in (source, folder))
    torch.testing.assert_close(before, after)
    assert (folder / "model.safetensors").stat().st_size < (source / "model.safetensors").stat().st_size / 4
    with pytest.raises(CrackpipeError, match="packed: is there already; name a folder that is new or empty"):
        packing.pack_encoder(source, folder, project=project, half=False)
    other = Project(project.root, params.defaults())  # with squares of another side
    packing.pack_encoder(folder, Path("again"), project=other, half=False)
    assert (folder / "model.json").read_bytes() == Path("again/model.json").read_bytes()


def test_a_packed_classifier_is_as_sure_as_before_and_both_commands_write_their_models(project: Project) -> None:
    network = classifier.create(backbone="test_efficientnet", weights="none", side_px=64)
    classifier.save(project.path("models/classifier"), network)
    assert invoke("pack-classifier", "c", "--half", "--about", "a test").strip() == "wrote c"
    assert invoke("pack-encoder", "e", "--half").strip() == "wrote e"
    assert encoder_folder.find("e").card["side_px"] == project.params.slice.side_px
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    before, after = (load_classifier(folder, device="cpu") for folder in ("models/classifier", "c"))
    assert after.crack_probability(pixels) == pytest.approx(before.crack_probability(pixels), abs=0.02)


def test_an_encoder_that_lies_in_another_project_takes_its_settings(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "models", other / "models")
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    (other / "params.yaml").write_text(text.replace("  side_px: 128 #", "  side_px: 96 #"), encoding="utf-8")
    assert encoder_folder.find(other / "models/clip_base").side_px == 96
    assert encoder_folder.find(other / "models/clip_base", project=project).side_px == project.params.slice.side_px


def test_parameters_of_another_program_are_no_project(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("learning_rate: 0.1\n", encoding="utf-8")
    assert encoder_folder.find().params == params.defaults()


def test_a_folder_that_happens_to_have_the_packages_name_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / shipped.ENCODER).mkdir()
    assert encoder_folder.find().path == encoder_folder.find(shipped.ENCODER).path == shipped.FOLDER / shipped.ENCODER


def test_a_search_in_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        (["empty"], "no picture in empty; name photographs"),
        ([], "nothing to search in: name"),
    ):
        done = CliRunner().invoke(app.commands, ["search", "crack", *arguments])
        assert isinstance(done.exception, CrackpipeError)
        assert message in str(done.exception)


def test_the_packages_encoder_has_its_own_class_texts_whatever_the_projects_prompts(project: Project) -> None:
    text = (project.root / "params.yaml").read_text(encoding="utf-8")
    (project.root / "params.yaml").write_text(text.replace("  wording: crack", "  wording: normal"), encoding="utf-8")
    own, packages = encoder_folder.find(), encoder_folder.find(shipped.ENCODER)
    assert any("damaged" in sentence for sentence in own.class_texts()[1])
    flawless, cracked = packages.class_texts()
    assert list(packages.prompts()) == ["flawless", "crack"]
    assert "a photo of a cracked wall" in cracked
    assert "a photo of a wall without crack" in flawless


def test_a_search_of_a_project_takes_its_own_encoder(project: Project) -> None:
    arguments = ["search", "crack", "--project", str(project.root), "--model", shipped.ENCODER]
    done = CliRunner().invoke(app.commands, arguments)
    assert isinstance(done.exception, CrackpipeError)
    assert "are searched by its own encoder" in str(done.exception)


@pytest.mark.slow
def test_heads_decisions_and_searches_need_no_project() -> None:
    write_pictures(Path("bridge/crack"), level=150, count=8)
    write_pictures(Path("bridge/no_crack"), level=40, count=8)
    assert "wrote head: a head from 16 photographs" in invoke("few-shot", "bridge", "--head", "linear", "--folds", "2")
    assert json.loads(Path("head/report.json").read_text())["f1"] > 0.9
    invoke("classify", "bridge/crack", "--risk", "1")
    assert set(pd.read_csv("decisions.csv")["decision"]) == {"crack"}
    Path("bridge/broken.png").write_bytes(b"no picture")
    printed = invoke("search", "a photo of a cracked wall", "bridge", "--top", "3", status=3)
    assert "bridge/broken.png: " in printed
    assert "no calibrated probability" in invoke("prompts", "bridge/crack/0.png")
    table = pd.read_csv("search.csv")
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["similarity"].is_monotonic_decreasing
    assert Path("search.png").is_file()


def test_the_packages_classifier_and_encoder_are_small_and_tell_what_they_were_trained_on() -> None:
    for name in (shipped.CLASSIFIER, shipped.ENCODER):
        folder = shipped.FOLDER / name
        assert (folder / "model.safetensors").stat().st_size < 12e6
        assert "Crack500" in json.loads((folder / "model.json").read_text())["about"]


def test_the_packages_classifier_is_less_sure_of_a_crack_on_a_bare_wall() -> None:
    trained = load_classifier(device="cpu")
    wall = np.random.default_rng(0).integers(140, 180, (128, 128, 3)).astype(np.uint8)
    cracked = wall.copy()
    for row in range(128):
        cracked[row, 60 + row // 10 : 65 + row // 10] = 30
    assert trained.crack_probability(wall) < trained.crack_probability(cracked)
