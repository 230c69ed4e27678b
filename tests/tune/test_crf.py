"""Choosing the CRF's parameters on tiny tables: what is drawn, what is written, and what is refused before any work."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from crackpipe import params
from crackpipe.cli import app
from crackpipe.errors import CrackpipeError, ParamsError, TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.params import compose
from crackpipe.params.project import Project
from crackpipe.tune import crf as tune

CONF = Path(__file__).parents[2] / "conf"
MASK = np.zeros((6, 9), bool)
MASK[2, 1:8] = True


def photo(name: str, split: str, *, mask: np.ndarray | None = MASK) -> parquet.Row:
    """Grey, so that the terms between neighbours, which the grid turns off anyway, have nothing to see."""
    image = images.encode_rgb(np.full((*MASK.shape, 3), 128, np.uint8))
    row: dict[str, Any] = {"photo_id": f"s/{name}", "source": "s", "split": split, "group_id": name, "image": image}
    row |= {"height_px": MASK.shape[0], "width_px": MASK.shape[1]}
    return row | {"mask": None if mask is None else images.encode_mask(mask)}


def localisation_maps(name: str, *, kind: str, cells: np.ndarray) -> parquet.Row:
    return {"photo_id": f"s/{name}", "kind": kind, "cell_px": 1, "cells": images.encode_unit16(cells)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Activation maps of 0.95 on the mask and 0.05 beside it; another kind of map that says the opposite."""
    folder = tmp_path_factory.mktemp("made")
    names = [("a", "val"), ("b", "val"), ("c", "test"), ("d", "train"), ("e", "val")]
    photos = [photo(name, split, mask=None if name == "e" else MASK) for name, split in names]
    cam = np.where(MASK, 0.95, 0.05).astype(np.float32)
    maps = []
    for name, _ in names:
        maps += [
            localisation_maps(name, kind="cam", cells=cam),
            localisation_maps(name, kind="patch_64", cells=1 - cam),
        ]
    parquet.write(folder / "data/photos/part-0000.parquet", schemas.PHOTOS, photos)
    parquet.write(folder / "data/localisation_maps/part-0000.parquet", schemas.LOCALISATION_MAPS, maps)
    overrides = [
        "runtime.workers=1",
        "pseudo_label.cam_crf.binarise=0.8",
        "pseudo_label.cam_crf.gaussian_compat=0.0",
        "pseudo_label.cam_crf.bilateral_compat=0.0",
        "pseudo_label.cam_crf.upsample=linear",
    ]
    text = compose.compose(CONF, dataset="demo", scale="cpu", overrides=overrides)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    (folder / "grid.yaml").write_text("confidence: [0.7, 0.9]\niterations: 2\n", encoding="utf-8")
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def search(**changed: Any) -> pd.DataFrame:
    wanted: dict[str, Any] = {"photos": 100, "split": "val", "grid": Path("grid.yaml"), "out": Path("crf.yaml")}
    return tune.tune_crf(project=Project.open(), **{**wanted, "seed": 0, **changed})


def test_the_command_writes_the_best_parameters_and_all_combinations(project: Path) -> None:
    """Pulled to 0.7 no pixel reaches the 0.8 from which it is crack; pulled to 0.9 exactly the mask does."""
    done = CliRunner().invoke(app.commands, ["tune-crf", "--grid", "grid.yaml", "--split", "val"])
    assert done.exception is None
    assert "2 photographs of val\n" in done.stdout
    assert done.stdout.endswith("wrote crf.yaml and crf.csv\n")
    text = (project / "crf.yaml").read_text(encoding="utf-8")
    assert "# Mean IoU 1.0000 on 2 photographs with masks of the split val (seed 0), labels binarised at 0.8;\n" in text
    assert (
        "# the best of 2 combinations, all of which are in crf.csv. Grid:\n#   half_at: 0.5\n#   iterations: 2\n"
        in text
    )
    assert "#   confidence: 0.7, 0.9\n" in text
    chosen = YAML(typ="safe").load(text)["pseudo_label"]["cam_crf"]
    assert chosen["confidence"] == 0.9
    assert chosen["iterations"] == 2
    tree = params.load(project / "params.yaml").model_dump()
    tree["pseudo_label"]["cam_crf"] |= chosen
    params.check(tree, where="the snippet in its place")
    rows = pd.read_csv(project / "crf.csv")
    assert rows["confidence"].tolist() == [0.9, 0.7]
    assert rows["mean_iou"].tolist() == [1.0, pytest.approx((1 - MASK.mean()) / 2, abs=1e-6)]  # no crack is right
    assert sorted(path.name for path in project.iterdir()) == [
        "crf.csv",
        "crf.yaml",
        "data",
        "grid.yaml",
        "params.yaml",
    ]


def test_photographs_with_masks_of_the_split_are_drawn_from_the_seed(tmp_path: Path) -> None:
    names = [f"{number:02d}" for number in range(12)]
    rows = [photo(name, "val" if name != "03" else "test", mask=None if name == "05" else MASK) for name in names]
    table = tmp_path / "photos/part-0000.parquet"
    parquet.write(table, schemas.PHOTOS, rows)
    every = [f"s/{name}" for name in names if name not in ("03", "05")]
    assert tune.draw(table, split="val", count=100, seed=0) == every
    assert tune.draw(table, split="val", count=10, seed=0) == every
    four = tune.draw(table, split="val", count=4, seed=0)
    assert four == sorted(four)
    assert len(set(four)) == 4
    assert set(four) <= set(every)
    assert tune.draw(table, split="val", count=4, seed=0) == four
    assert any(tune.draw(table, split="val", count=4, seed=seed) != four for seed in range(1, 5))


def test_samples_hold_the_activation_map_of_the_photograph(project: Path) -> None:
    ((image, cam, mask),) = tune.read_samples(["s/d"], project=Project.open(project), upsample="linear")
    assert image.shape == (6, 9, 3)
    assert np.array_equal(mask, MASK)
    assert np.allclose(cam, np.where(MASK, 0.95, 0.05), atol=1e-4)


def test_a_grid_takes_what_it_leaves_out_from_params(project: Path) -> None:
    current = params.load(project / "params.yaml")
    grid = tune.read_grid(project / "grid.yaml", current)
    assert grid["confidence"] == [0.7, 0.9]
    assert grid["iterations"] == [2]
    assert grid["bilateral_sxy"] == [current.pseudo_label.cam_crf.bilateral_sxy]


def test_the_grid_of_the_project_is_valid(project: Path) -> None:
    grid = tune.read_grid(CONF / "crf_grid.yaml", params.load(project / "params.yaml"))
    assert max(len(values) for values in grid.values()) > 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("confidense: 0.9", r"confidense: unknown key; did you mean confidence\?"),
        ("binarise: [0.4, 0.5]", "binarise: unknown key; "),
        (
            "confidence: [0.7, 1.2]",
            r"grid\.yaml: 1 fault\(s\)\n  pseudo_label\.cam_crf\.confidence: got 1\.2; input should",
        ),
        ("iterations: 2.5", r"pseudo_label\.cam_crf\.iterations: got 2\.5; input should be a valid integer"),
        ("confidence: []", "confidence: has no value"),
        ("- 1", r"grid\.yaml: expected lines such as bilateral_sxy: \[20\.0, 40\.0\]; got \[1\]"),
        ("a: [", r"grid\.yaml: not valid YAML"),
    ],
)
def test_a_wrong_grid_is_explained(project: Path, text: str, message: str) -> None:
    (project / "grid.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=message):
        search()
    assert not (project / "crf.yaml").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"split": "test"},
            "--split: got test; the figures are measured on test photographs, so nothing may be chosen",
        ),
        ({"split": "tran"}, "--split: got tran; expected val or train"),
        ({"out": Path("crf.csv")}, r"--out: got crf\.csv; expected a \.yaml file of its own"),
        ({"out": Path("params.yaml")}, r"--out: got params\.yaml; .* other than params\.yaml"),
        ({"out": Path("no/crf.yaml")}, "in a folder that exists"),
        ({"grid": Path("no.yaml")}, r"no\.yaml: not found; conf/crf_grid\.yaml shows how"),
    ],
)
def test_a_wrong_choice_is_refused(project: Path, changed: dict[str, Any], message: str) -> None:
    before = (project / "params.yaml").read_bytes()
    with pytest.raises(CrackpipeError, match=message):
        search(**changed)
    assert (project / "params.yaml").read_bytes() == before


def test_without_masks_or_activation_maps_there_is_nothing_to_search_on(project: Path) -> None:
    parquet.write(Path("data/photos/part-0000.parquet"), schemas.PHOTOS, [photo("a", "val", mask=None)])
    with pytest.raises(TableError, match="data/photos: no photograph of the split val has a mask"):
        search()
    Path("data/localisation_maps/part-0000.parquet").unlink()
    Path("data/localisation_maps").rmdir()
    with pytest.raises(
        TableError, match="data/localisation_maps: no activation maps here; run `dvc repro localisation_maps`"
    ):
        search()


def test_a_photograph_without_its_activation_map_is_named(project: Path) -> None:
    Path("data/localisation_maps/part-0000.parquet").unlink()
    other = [localisation_maps("a", kind="cam", cells=np.zeros(MASK.shape, np.float32))]
    parquet.write(Path("data/localisation_maps/part-0000.parquet"), schemas.LOCALISATION_MAPS, other)
    with pytest.raises(CrackpipeError, match="s/b: has no activation map in data/localisation_maps"):
        search()
