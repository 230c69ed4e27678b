"""`crackpipe segment`: a user's own photographs become masks, one row each, and nothing is lost."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from crackpipe.apply import segment
from crackpipe.cli.app import commands
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.imaging import images
from crackpipe.segment.networks import pixel_network

ROOT = Path(__file__).parents[2]
PICTURE = np.random.default_rng(0).integers(0, 256, (48, 70, 3), dtype=np.uint8)


def trained(folder: Path, *, seed: int) -> Path:
    torch.manual_seed(seed)
    network = pixel_network.create(
        "deepcrack_liu", encoder="vgg16_bn", weights="none", width=0.05, trunk=None, refine_px=0
    )
    pixel_network.save(folder, network, labels="truth")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("model"), seed=0)


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    set_param("  threads: 2 #", "  threads: 1 #")
    for name in ("site/a.png", "site/deep/b.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(images.encode_rgb(PICTURE))


def write(model: Path, *photos: str, out: str = "out", threshold: float = 0.5, again: bool = False) -> pd.DataFrame:
    paths = [Path(name) for name in photos]
    jobs = segment.jobs(paths, out=Path(out))
    trained = segment.load(str(model), project=Path())
    return segment.write(jobs, trained=trained, out=Path(out), threshold=threshold, again=again)


def levels(path: str) -> np.ndarray:
    return images.decode_grey(Path(path).read_bytes())


def set_param(old: str, new: str) -> None:
    text = Path("params.yaml").read_text()
    assert text.count(old) == 1
    Path("params.yaml").write_text(text.replace(old, new))


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


@pytest.mark.parametrize(("photos", "status"), [(["site/a.png", "broken.jpg"], 0), (["broken.jpg"], 1)])
def test_a_script_learns_that_no_photograph_could_be_segmented(model: Path, photos: list[str], status: int):
    Path("broken.jpg").write_bytes(b"no picture")
    done = CliRunner().invoke(commands, ["segment", *photos, "--model", str(model)])
    assert done.exit_code == status
    assert f"{len(photos) - 1} masks in masks, 1 photographs rejected; see masks/masks.csv" in done.output


def test_a_project_elsewhere_is_named_by_its_folder_and_a_segmenter_by_its_name(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(model, "models/segmenter/mine")
    monkeypatch.chdir(tmp_path / "site")
    done = CliRunner().invoke(commands, ["segment", "a.png", "--project", "..", "--model", "mine"])
    assert done.exit_code == 0, done.output
    assert Path("masks/a.mask.png").is_file()
    wrong = CliRunner().invoke(commands, ["segment", "a.png", "--project", "..", "--model", "yours"])
    assert "or name another; there are mine" in str(wrong.exception)


def test_a_photograph_that_has_its_mask_is_not_segmented_again_unless_asked(model: Path):
    write(model, "site/a.png")
    marked = np.full(PICTURE.shape[:2], 200, np.uint8)
    Path("out/a.mask.png").write_bytes(images.encode_grey(marked))
    assert write(model, "site/a.png")["crack_px"].tolist() == [marked.size]
    assert write(model, "site/a.png", again=True)["crack_px"].tolist() != [marked.size]


def test_a_kept_mask_is_counted_at_the_threshold_of_the_run(model: Path):
    write(model, "site/a.png")
    Path("out/a.mask.png").write_bytes(images.encode_grey(np.full(PICTURE.shape[:2], 200, np.uint8)))
    assert write(model, "site/a.png", threshold=0.9)["crack_px"].tolist() == [0]
    assert (levels("out/a.mask.png") == 200).all()


def test_another_model_makes_the_masks_anew(model: Path, tmp_path: Path):
    other = trained(tmp_path / "other", seed=1)
    write(model, "site/a.png")
    first = levels("out/a.mask.png")
    write(other, "site/a.png")
    write(other, "site/a.png", out="fresh")
    assert not np.array_equal(levels("out/a.mask.png"), first)
    assert np.array_equal(levels("out/a.mask.png"), levels("fresh/a.mask.png"))


def test_a_model_that_was_trained_again_in_its_folder_makes_the_masks_anew(model: Path, tmp_path: Path):
    mine = trained(tmp_path / "mine", seed=0)
    write(mine, "site/a.png")
    first = levels("out/a.mask.png")
    trained(mine, seed=1)
    write(mine, "site/a.png")
    assert not np.array_equal(levels("out/a.mask.png"), first)


def test_changed_settings_of_inference_make_the_masks_anew(model: Path):
    write(model, "site/a.png")
    first = levels("out/a.mask.png")
    set_param("  erosions: 0 # 3×3 erosions of the map", "  erosions: 1 # 3×3 erosions of the map")
    write(model, "site/a.png")
    assert np.array_equal(levels("out/a.mask.png"), images.erode(first, times=1))


def test_another_precision_makes_the_masks_anew(model: Path):
    set_param("  precision: auto #", "  precision: bf16 #")
    write(model, "site/a.png")
    first = levels("out/a.mask.png")
    set_param("  precision: bf16 #", "  precision: fp32 #")
    write(model, "site/a.png")
    assert not np.array_equal(levels("out/a.mask.png"), first)


def test_a_changed_photograph_of_the_same_size_gets_a_mask_anew_and_the_others_keep_theirs(model: Path):
    write(model, "site")
    first = levels("out/a.mask.png")
    Path("out/deep/b.mask.png").write_bytes(images.encode_grey(np.full(PICTURE.shape[:2], 200, np.uint8)))
    Path("site/a.png").write_bytes(images.encode_rgb(PICTURE[::-1].copy()))
    write(model, "site")
    assert not np.array_equal(levels("out/a.mask.png"), first)
    assert (levels("out/deep/b.mask.png") == 200).all()


def test_masks_without_a_record_are_made_again(model: Path):
    Path("out").mkdir()
    Path("out/a.mask.png").write_bytes(images.encode_grey(np.full(PICTURE.shape[:2], 200, np.uint8)))
    write(model, "site/a.png")
    assert not (levels("out/a.mask.png") == 200).all()


@pytest.mark.parametrize("damage", [b"", b"no picture", None], ids=["empty", "text", "truncated"])
def test_a_damaged_mask_is_made_again_and_its_photograph_not_blamed(model: Path, damage: bytes | None):
    write(model, "site/a.png")
    whole = Path("out/a.mask.png").read_bytes()
    Path("out/a.mask.png").write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert write(model, "site/a.png")["reason"].tolist() == [""]
    assert Path("out/a.mask.png").read_bytes() == whole


@pytest.mark.parametrize(("folder", "out"), [(".", "masks"), ("site", "site/masks"), ("site", "site"), ("site", ".")])
def test_masks_among_the_photographs_are_not_segmented(model: Path, folder: str, out: str):
    first = write(model, folder, out=out)
    assert first["photo"].tolist() == ["site/a.png", "site/deep/b.png"]
    assert write(model, folder, out=out)["photo"].tolist() == first["photo"].tolist()


def test_all_in_the_folder_of_masks_is_passed_over_but_nothing_beside_it(model: Path):
    for name in ("masks/corrected.png", "masks2/a.png", "masks2/site/B.MASK.PNG", "masks2/b.crack.jpg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(Path("site/a.png").read_bytes())
    jobs = segment.listed([Path()], out=Path("masks"))
    assert [str(job.photo) for job in jobs] == ["masks2/a.png", "site/a.png", "site/deep/b.png"]


def test_a_file_that_is_named_like_a_mask_is_refused_with_a_reason(model: Path):
    Path("site/a.crack.jpg").write_bytes(images.encode_jpeg(PICTURE, quality=90))
    reasons = write(model, "site/a.png", "site/a.crack.jpg")["reason"].tolist()
    assert reasons[0] == ""
    assert reasons[1].startswith("ends in .mask.png or .crack.jpg, as what this command writes; if it is a photograph")


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_a_file_where_masks_should_go_is_named_before_the_model_is_read(out: str):
    Path("taken").write_bytes(b"mine")
    with pytest.raises(CrackpipeError, match=r"^taken: is a file, but masks go into a folder; name another with --out"):
        write(Path("models/none"), "site", out=out)
    assert Path("taken").read_bytes() == b"mine"


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
