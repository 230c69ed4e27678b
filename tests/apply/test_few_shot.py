"""`crackpipe few-shot` and `crackpipe classify`: a user's folders become a head, and the head refers what is unsure."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from ruamel.yaml import YAML
from typer.testing import CliRunner

from crackpipe.apply import classify, encoder_folder, few_shot, labelled_folder
from crackpipe.cli import app
from crackpipe.clip import embedding
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.data.datasets import folder as layouts
from crackpipe.errors import CrackpipeError, DatasetError, ModelError
from crackpipe.few_shot import head_files, training
from crackpipe.few_shot.head_networks import Networks
from crackpipe.imaging import images
from crackpipe.params.project import Project

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}
LEVELS = {"crack": 40, "no_crack": 200}


def picture(label: str, number: int) -> bytes:
    noise = np.random.default_rng([LEVELS[label], number]).integers(0, 40, (40, 40, 3))
    return images.encode_rgb((LEVELS[label] + noise).astype(np.uint8))


def fit(**changed: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"out": Path("head"), "head": "linear", "folds": 3, "seed": 0}
    return few_shot.fit(Path("bridge"), model=encoder_folder.find(project=Project.open()), **(settings | changed))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 40 labelled pictures, and a linear head of them."""
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "precision": "fp32", "threads": 1}
    tree["slice"] |= {"side_px": 32, "stride_px": 32}
    tree["few_shot"]["linear"] |= {"steps": 100, "hidden": 4}
    tree["few_shot"]["bayesian"] |= {"steps": 100, "lr": 0.1, "hidden": 4}
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with Path("params.yaml").open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(tree, file)
        torch.manual_seed(0)
        encoder_files.save(Path("models/clip_base"), DualEncoder(**SPEC).eval(), {"architecture": "dual", **SPEC})
        for label in LEVELS:
            Path("bridge", label).mkdir(parents=True)
            for number in range(20):
                Path("bridge", label, f"{number}.png").write_bytes(picture(label, number))
        fit()
    return folder


@pytest.fixture(autouse=True)
def _in_a_project(fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of that project without its head."""
    shutil.copytree(fitted, tmp_path, ignore=shutil.ignore_patterns("head"), dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _with_a_head(fitted: Path, _in_a_project: None) -> None:
    shutil.copytree(fitted / "head", "head")


def invoke(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(app.commands, list(arguments), catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


def test_folders_become_a_head_that_decides_and_refers() -> None:
    Path("bridge/crack/broken.jpg").write_bytes(b"no picture")
    printed = invoke("few-shot", "bridge", "--folds", "3", status=3)
    assert "bridge/crack/broken.jpg: not a picture" in printed
    assert "a head from 40 photographs, and report.json" in printed
    assert re.search(r"^f1 +[01]\.\d{4}  \([01]\.\d\d to [01]\.\d\d\)$", printed, re.MULTILINE)
    assert "by 3 folds" in printed
    assert "mostly luck" not in printed
    report = json.loads(Path("head/report.json").read_text(encoding="utf-8"))
    assert (report["n"], report["folds"]) == (40, 3)
    assert report["f1"] > 0.9
    assert [row["path"] for row in report["rejected"]] == ["bridge/crack/broken.jpg"]
    assert report["ece_low"] <= report["ece"] <= report["ece_high"]
    assert report["f1_low"] <= report["f1"] <= report["f1_high"]
    assert report["referral"][-1]["coverage"] == 1
    Path("new").mkdir()
    for label in LEVELS:
        Path("new", f"{label}.png").write_bytes(picture(label, 99))
    Path("new/broken.jpg").write_bytes(b"no picture")
    printed = invoke("classify", "new", "--risk", "0.1", status=3)
    assert (
        "1 of 3 to a person; on photographs like those labelled: in its cross-validation this keeps 100% of the "
        in printed
    )
    table = pd.read_csv("decisions.csv", keep_default_na=False).set_index("photo")
    assert table.loc["new/crack.png", "decision"] == "crack"
    assert table.loc["new/no_crack.png", "decision"] == "no crack"
    assert table.loc["new/broken.jpg", "refer"] == "yes"
    assert set(table["refer"]) <= {"yes", "no"}


@pytest.mark.usefixtures("_with_a_head")
def test_two_equal_calls_write_the_same_bytes() -> None:
    fit(out=Path("again"))
    for name in ("model.safetensors", "model.json", "report.json"):
        assert Path("head", name).read_bytes() == Path("again", name).read_bytes()


def test_a_missing_class_and_a_single_picture_are_refused() -> None:
    for path in Path("bridge/crack").glob("[1-9]*.png"):
        path.unlink()
    with pytest.raises(DatasetError, match="got 1 in crack/ and 20 in no_crack/ different photographs"):
        fit()
    Path("bridge/crack/0.png").unlink()
    with pytest.raises(DatasetError, match=r"bridge/crack: holds no photograph"):
        fit()
    Path("bridge/crack").rmdir()
    with pytest.raises(DatasetError, match="crack/ and no_crack/ are both needed here") as refused:
        fit()
    assert "masks/" not in str(refused.value)
    assert not Path("head").exists()


def test_the_first_fault_is_named_where_no_photograph_can_be_read() -> None:
    for path in Path("bridge").glob("*/*"):
        path.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"no photograph can be read; the first of \d+ is bridge/\S+: \w"):
        fit()


def test_figures_of_very_few_photographs_are_called_luck() -> None:
    for path in Path("bridge").glob("*/[3-9]*.png"):
        path.unlink()
    for path in Path("bridge").glob("*/1?.png"):
        path.unlink()
    printed = invoke("few-shot", "bridge", "--folds", "50", "--head", "linear")
    assert "by 3 folds" in printed
    assert (
        "a class has 3 different photographs or subfolders: with fewer than 10 these figures are mostly luck" in printed
    )


def test_an_encoder_that_has_diverged_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "encode_images", lambda *_: np.full((1, 16), np.nan))
    with pytest.raises(CrackpipeError, match=r"bridge/crack/0\.png: its embedding is not finite; the encoder has"):
        fit()
    assert not Path("head").exists()


def test_the_same_picture_in_both_classes_is_refused() -> None:
    Path("bridge/no_crack/copy.png").write_bytes(picture("crack", 2))
    with pytest.raises(DatasetError, match=r"crack/2\.png and bridge/no_crack/copy\.png are the same picture in both"):
        fit()


def test_copies_of_a_picture_count_once() -> None:
    for path in Path("bridge/crack").glob("[1-9]*.png"):
        path.write_bytes(picture("crack", 0))
    with pytest.raises(DatasetError, match="got 1 in crack/"):
        fit()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"folds": 1}, "--folds: got 1; cross-validation needs at least 2"),
        ({"head": "knn"}, "--head: got 'knn', expected one of bayesian, "),
    ],
)
def test_folds_and_heads_that_there_are_not_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(CrackpipeError, match=message):
        fit(**changed)


@pytest.mark.usefixtures("_with_a_head")
def test_a_head_of_another_encoder_and_a_wrong_risk_are_refused() -> None:
    with pytest.raises(ModelError, match=r"gone: no head here; run `crackpipe few-shot FOLDER` first"):
        decide(Path("bridge"), head="gone")
    with pytest.raises(CrackpipeError, match="--risk: got 2; expected a share"):
        decide(Path("bridge"), risk=2)
    Path("empty").mkdir()
    with pytest.raises(CrackpipeError, match="no picture in empty"):
        decide(Path("empty"))
    torch.manual_seed(1)
    encoder_files.save(Path("models/clip_base"), DualEncoder(**SPEC).eval(), {"architecture": "dual", **SPEC})
    with pytest.raises(ModelError, match="head: was trained with another encoder than models/clip_base"):
        decide(Path("bridge"))
    shutil.rmtree("models/clip_base")
    with pytest.raises(ModelError, match=r"models/clip_base: no model\.json here; run `dvc repro`"):
        decide(Path("bridge"))


def test_pictures_of_one_subfolder_never_lie_on_both_sides_of_a_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    for label in LEVELS:
        for number in range(12):
            pier = Path("bridge", label, f"{label}_pier_{number // 3}")
            pier.mkdir(exist_ok=True)
            Path("bridge", label, f"{number}.png").rename(pier / f"{number}.png")
    monkeypatch.setattr(embedding, "encode_images", lambda *_: np.ones((1, 16), np.float16))
    listed = list(layouts.read(Path("bridge")))
    runtime = Runtime(torch.device("cpu"), None)
    embeddings = labelled_folder.embed(listed, DualEncoder(**SPEC), runtime, side_px=32, max_megapixels=1.0)
    assert sorted(np.bincount(embeddings.groups)) == [1] * 16 + [3] * 8
    trained_on: list[np.ndarray] = []

    def fit_head(rows: np.ndarray) -> Networks:
        trained_on.append(rows)
        return Networks(torch.zeros(1, 2, 16), torch.zeros(1, 1, 2), torch.zeros(1, 2))

    few_shot.cross_validated(embeddings, fit_head, folds=4, seed=0)
    assert len(trained_on) == 4
    for train in trained_on:
        test = np.setdiff1d(np.arange(40), train)
        assert len(test)
        assert not set(embeddings.groups[train]) & set(embeddings.groups[test])


def decide(*photos: Path, risk: float = 0.1, head: str = "head") -> pd.DataFrame:
    model = encoder_folder.find(project=Project.open())
    return classify.classify(photos, model=model, head=Path(head), risk=risk, out=Path("d.csv"))


@pytest.mark.usefixtures("_with_a_head")
def test_a_photograph_much_larger_than_those_of_the_head_goes_to_a_person() -> None:
    small = images.decode_rgb(picture("crack", 0))
    for name, times in (("twice", 2), ("thrice", 3)):
        Path(f"{name}.png").write_bytes(images.encode_rgb(np.tile(small, (times, 1, 1))))
    twice, thrice = decide(Path("twice.png"), Path("thrice.png"), risk=1.0).to_dict("records")
    assert (twice["refer"], twice["reason"]) == ("no", "")
    assert (thrice["refer"], thrice["reason"]) == (
        "yes",
        "120 px, but the head learned from 40 px at most; cut it into such squares",
    )
    assert thrice["decision"] == twice["decision"] == "crack"


@pytest.mark.usefixtures("_with_a_head")
def test_the_command_fails_where_nothing_can_be_read() -> None:
    Path("broken.jpg").write_bytes(b"no picture")
    done = CliRunner().invoke(app.commands, ["classify", "broken.jpg"], catch_exceptions=False)
    assert done.exit_code == 1
    assert "1 of 1 to a person" in done.stdout


@pytest.mark.usefixtures("_with_a_head")
def test_a_photograph_whose_embedding_or_score_is_not_finite_goes_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Path("bridge/crack/0.png")
    assert decide(photo)[["decision", "reason"]].to_numpy().tolist() == [["crack", ""]]
    with monkeypatch.context() as patched:
        patched.setattr(training, "predicted", lambda *_: (np.full((1, 1), np.nan), np.zeros((1, 1))))
        row = decide(photo).iloc[0]
        assert (row["decision"], row["refer"], row["reason"]) == (
            "",
            "yes",
            "its score is not finite; train the head again",
        )
    monkeypatch.setattr(embedding, "encode_images", lambda *_: np.full((1, 16), np.nan))
    row = decide(photo).iloc[0]
    assert (row["decision"], row["refer"]) == ("", "yes")
    assert row["reason"].startswith("its embedding is not finite; the encoder has diverged")


@pytest.mark.usefixtures("_with_a_head")
def test_a_head_without_a_usable_referral_point_refers_everything() -> None:
    printed = invoke("classify", "bridge/crack", "--risk", "0.05")  # 0 errors in 40 leave 8.8 %
    few = "its cross-validation has too few sure and right decisions for a bound of 0.05"
    assert f"20 of 20 to a person, of which 10 are shown; {few}" in printed
    assert "the least that it can hold is 0.089, which keeps 100% of the decisions" in printed
    assert len([line for line in printed.splitlines() if "no decision of this head is sure enough" in line]) == 10


def test_a_head_that_has_diverged_is_not_saved() -> None:
    networks = Networks(torch.zeros(1, 2, 3), torch.zeros(1, 2, 2), torch.tensor([[0.0, torch.nan]]))
    with pytest.raises(ModelError, match="the head's score is not finite: its training has diverged"):
        head_files.save(Path("head"), networks, {})
    assert not Path("head").exists()


@pytest.mark.usefixtures("_with_a_head")
def test_what_cannot_be_read_is_referred_and_other_files_are_left_out() -> None:
    Path("new/deep").mkdir(parents=True)
    Path("new/deep/notes.txt").write_text("no picture", encoding="utf-8")
    Path("new/deep/broken.jpg").write_text("no picture", encoding="utf-8")
    Path("new/.hidden.png").write_bytes(picture("crack", 0))
    Path("new/photo.png").write_bytes(picture("crack", 0))
    Path("named").write_bytes(picture("crack", 1))  # without a suffix
    table = decide(Path("new"), Path("named")).set_index("photo")
    assert table.index.tolist() == ["new/deep/broken.jpg", "new/photo.png", "named"]
    assert table["decision"].tolist() == ["", "crack", "crack"]
    assert table.loc["new/deep/broken.jpg", "refer"] == "yes"
    assert table.loc["new/deep/broken.jpg", "reason"].startswith("not a picture")
    with pytest.raises(CrackpipeError, match=r"missing\.png: not found"):
        decide(Path("missing.png"))


@pytest.mark.usefixtures("_with_a_head")
def test_a_table_is_a_csv_and_is_written_over_no_other_file() -> None:
    model = encoder_folder.find(project=Project.open())
    settings = {"model": model, "head": Path("head"), "risk": 0.1}
    with pytest.raises(CrackpipeError, match=r"--out: got d\.xlsx; the table of decisions is a \.csv"):
        classify.classify([Path("bridge")], out=Path("d.xlsx"), **settings)
    Path("mine.csv").write_text("a,b\n")
    with pytest.raises(CrackpipeError, match=r"mine\.csv: is there and is no result of this command"):
        classify.classify([Path("bridge")], out=Path("mine.csv"), **settings)
    Path("hh").mkdir()
    Path("hh/report.json").write_text("{}")
    with pytest.raises(CrackpipeError, match=r"hh/report\.json: is there and is no head's; .*--out"):
        fit(out=Path("hh"))
    with pytest.raises(CrackpipeError, match=r"models/clip_base/model\.json: is there and is no head's"):
        fit(out=Path("models/clip_base"))
