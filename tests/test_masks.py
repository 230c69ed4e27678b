"""`crackpipe segment`: a user's own photographs become masks, one row each, and nothing is lost."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from crackpipe import images, masks
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.segment import pixel_network

ROOT = Path(__file__).parents[1]
PICTURE = np.random.default_rng(0).integers(0, 256, (48, 70, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    network = pixel_network.create(
        "deepcrack_liu", encoder="vgg16_bn", weights="none", width=0.05, trunk=None, refine_px=0
    )
    pixel_network.save(folder, network, labels="truth")
    return folder


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    for name in ("site/a.png", "site/deep/b.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(images.encode_rgb(PICTURE))


def write(model: Path, *photos: str, again: bool = False) -> pd.DataFrame:
    found = [Path(name) for name in photos]
    return masks.write(found, out=Path("out"), model=model, clip=Path("none"), threshold=0.5, again=again)


def test_a_folder_gives_each_photograph_a_mask_of_its_size_and_a_picture(model: Path):
    table = write(model, "site")
    assert table["mask"].tolist() == ["out/a.mask.png", "out/deep/b.mask.png"]
    levels = images.decode_grey(Path("out/deep/b.mask.png").read_bytes())
    assert levels.shape == PICTURE.shape[:2]
    assert table["crack_px"].tolist() == [(levels >= 128).sum()] * 2
    assert images.decode_rgb(Path("out/deep/b.crack.jpg").read_bytes()).shape == PICTURE.shape
    assert pd.read_csv("out/masks.csv")["photo"].tolist() == ["site/a.png", "site/deep/b.png"]


def test_a_damaged_photograph_gets_a_reason_and_stops_nobody(model: Path):
    Path("site/broken.jpg").write_bytes(b"no picture")
    table = write(model, "site").set_index("photo")
    assert "not a picture" in table.loc["site/broken.jpg", "reason"]
    assert table.loc["site/a.png", "reason"] == ""
    assert Path("out/deep/b.mask.png").is_file()


def test_a_photograph_that_has_its_mask_is_not_segmented_again_unless_asked(model: Path):
    write(model, "site/a.png")
    marked = np.full(PICTURE.shape[:2], 200, np.uint8)
    Path("out/a.mask.png").write_bytes(images.encode_grey(marked))
    assert write(model, "site/a.png")["crack_px"].tolist() == [marked.size]
    assert write(model, "site/a.png", again=True)["crack_px"].tolist() != [marked.size]


def test_two_photographs_of_one_name_are_refused_before_any_work(model: Path):
    Path("other").mkdir()
    Path("other/a.jpg").write_bytes(images.encode_jpeg(PICTURE, quality=90))
    with pytest.raises(CrackpipeError, match=r"would both get the mask a\.mask\.png; rename one"):
        write(model, "site/a.png", "other/a.jpg")
    assert not Path("out").exists()


def test_what_is_missing_is_named(model: Path):
    with pytest.raises(CrackpipeError, match=r"nowhere: not found"):
        write(model, "nowhere")
    Path("empty").mkdir()
    with pytest.raises(CrackpipeError, match="no photograph found; expected files that end in"):
        write(model, "empty")
    with pytest.raises(ModelError, match=r"no model\.json here"):
        write(Path("models/none"), "site")
