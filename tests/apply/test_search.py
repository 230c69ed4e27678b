"""`crackpipe search`: the photographs that are most like a text, as a table and a contact sheet."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from crackpipe.apply import encoder_folder, search
from crackpipe.cli import app
from crackpipe.clip import embedding, embedding_file
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError, ModelError, ParamsError, TableError
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.imaging import images
from crackpipe.params.project import Project

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 1}
TEXT = "wide crack in a beam"
CAPTIONS = {"s/a": "Crack is observed.", "s/b": None, "s/c": 'Rust, "deep".', "s/d": None, "s/e": None}


def row(name: str) -> parquet.Row:
    pixels = np.random.default_rng(ord(name[-1])).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    known = {"photo_id": name, "source": "s", "split": "train" if name < "s/d" else "test", "group_id": name}
    empty = dict.fromkeys(("mask", "label", "attributes", "mm_per_px"))
    size = {"height_px": 40, "width_px": 60}
    return {**known, **size, **empty, "image": images.encode_rgb(pixels), "caption": CAPTIONS[name]}


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("precision: auto", "precision: fp32"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    model = DualEncoder(**SPEC).eval()
    encoder_files.save(Path("models/clip"), model, {"architecture": "dual", **SPEC})
    parquet.write_shards(Path("data/photos"), schemas.PHOTOS, [row(name) for name in CAPTIONS])
    runtime = Runtime(torch.device("cpu"), None)
    settings = embedding.EmbeddingSettings(side_px=32, batch=4, workers=1)
    digest = fingerprint.of(None, [Path("models/clip")])
    embedding.write(
        Path("data/embeddings/tuned"), Path("data/photos"), model, runtime, settings=settings, fingerprint=digest
    )


def find(text: str = TEXT, *, top: int = 3, out: str = "found/sheet.png") -> pd.DataFrame:
    model = encoder_folder.find(project=Project.open(), usual=encoder_folder.TUNED)
    return search.find(text, model=model, top=top, out=Path(out))


def test_the_most_similar_photographs_of_all_splits_come_first() -> None:
    table = find()
    runtime = Runtime(torch.device("cpu"), None)
    model = encoder_files.load(Path("models/clip"), runtime)
    query = embedding.encode_texts(model, [TEXT], runtime).astype(np.float64)[0]
    photos = embedding_file.load(Path("data/embeddings/tuned"), kind="image", split=None)
    wanted = sorted(zip(photos.vectors.astype(np.float64) @ query, photos.item_ids, strict=True), reverse=True)[:3]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["photo_id"].tolist() == [name for _, name in wanted]
    np.testing.assert_allclose(table["similarity"], [value for value, _ in wanted], atol=1e-4)
    assert table["caption"].tolist() == [CAPTIONS[name] or "" for _, name in wanted]


def test_the_table_stands_beside_the_sheet() -> None:
    table = find(top=5)
    assert sorted(path.name for path in Path("found").iterdir()) == ["sheet.csv", "sheet.png"]
    read = pd.read_csv("found/sheet.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(read, table, check_dtype=False)
    assert 'Rust, "deep".' in read["caption"].tolist()
    with Image.open("found/sheet.png") as picture:
        assert picture.format == "PNG"


def test_more_than_there_are_is_all_of_them() -> None:
    assert sorted(find(top=99)["photo_id"]) == sorted(CAPTIONS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": " "}, 'the text is empty; say what to look for, e.g. "cracked'),
        ({"top": 0}, "top is 0; at least 1 photograph"),
        ({"out": "sheet.gif"}, r"sheet\.gif: a contact sheet ends in \.png, \.jpg, \.jpeg"),
    ],
)
def test_a_search_for_nothing_or_into_another_format_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(CrackpipeError, match=message):
        find(**changed)
    assert not Path("found").exists()


def test_what_is_missing_is_named() -> None:
    shutil.rmtree("data/embeddings/tuned")
    with pytest.raises(TableError, match=r"tuned/embeddings\.arrow: no embeddings table here"):
        find()
    shutil.rmtree("models/clip")
    with pytest.raises(ModelError, match=r"models/clip: no model\.json here; run `dvc repro`"):
        find()


def test_embeddings_of_another_encoder_are_refused() -> None:
    other = SPEC  # as wide, with other weights
    encoder_files.save(Path("models/clip"), DualEncoder(**other), {"architecture": "dual", **other})
    with pytest.raises(
        TableError, match="tuned: made by another encoder than models/clip holds now; run `dvc repro` again"
    ):
        find()


def test_a_photograph_that_is_gone_is_named() -> None:
    shutil.rmtree("data/photos")
    parquet.write_shards(Path("data/photos"), schemas.PHOTOS, [row("s/a")])
    with pytest.raises(TableError, match=r"photos: has no s/\w, but data/embeddings/tuned has; run `dvc repro` again"):
        find(top=5)


def invoke(*arguments: str) -> str:
    done = CliRunner().invoke(app.commands, ["search", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def run_folder() -> Path:
    """The project, moved to a folder below this one."""
    folder = Path(".runs/captioned")
    folder.mkdir(parents=True)
    for name in ("data", "models", "params.yaml"):
        Path(name).rename(folder / name)
    return folder


def test_the_command_shows_the_table_and_says_what_it_wrote(run_folder: Path) -> None:
    printed = invoke(TEXT, "--top", "2", "--out", "beams.jpg", "--project", str(run_folder))
    heading, first, second, last = printed.splitlines()
    assert heading.split() == ["rank", "photo_id", "similarity", "caption"]
    table = pd.read_csv("beams.csv", keep_default_na=False)
    assert [line.split()[:2] for line in (first, second)] == [["1", table.photo_id[0]], ["2", table.photo_id[1]]]
    assert last == "wrote beams.jpg and beams.csv"
    with Image.open("beams.jpg") as picture:
        assert picture.format == "JPEG"


def test_the_command_looks_in_this_folder_unless_told(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = invoke(TEXT, "--project", str(run_folder))
    monkeypatch.chdir(run_folder)
    assert invoke(TEXT) == elsewhere
    assert len(pd.read_csv("search.csv")) == len(CAPTIONS)
    assert Path("search.png").is_file()


def test_the_command_names_the_folder_that_lacks_a_run() -> None:
    with pytest.raises(ParamsError, match=r"gone/params\.yaml: not found"):
        invoke(TEXT, "--project", "gone")
