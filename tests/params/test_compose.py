import functools
import itertools
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from crackpipe.errors import ParamsError
from crackpipe.files import atomic
from crackpipe.params import compose, yaml_edit

CONF = Path(__file__).parents[2] / "conf"


CHOSEN = ("slice.stride_px=8", "runtime.threads=3", "train_classifier.lr=1e-5")


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own defaults, with two datasets and two scales of the test's own."""
    folder = tmp_path_factory.mktemp("project") / "conf"
    shutil.copytree(CONF, folder, ignore=shutil.ignore_patterns("dataset", "scale"))
    for path, text in {
        "dataset/demo.yaml": "slice:\n  stride_px: 32\n",
        "dataset/walls.yaml": "ingest:\n  sources:\n    - {name: folder, split: own, limit: 9}\n",
        "scale/cpu.yaml": "runtime:\n  threads: 2\n",
        "scale/tiny.yaml": "slice:\n  stride_px: 16\n",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(f"# @package _global_\n{text}", encoding="utf-8")
    return folder


@functools.cache
def text_of(conf: Path, *overrides: str, dataset: str = "demo", scale: str = "cpu") -> str:
    """A composition, which several tests read."""
    return compose.compose(conf, dataset=dataset, scale=scale, overrides=overrides)


def composed(conf: Path, *overrides: str, **groups: str) -> dict:
    return YAML(typ="safe").load(text_of(conf, *overrides, **groups))


def test_dataset_changes_the_defaults_scale_the_dataset_and_a_key_the_scale(conf: Path):
    assert composed(conf)["slice"]["stride_px"] == 32
    assert composed(conf, scale="tiny")["slice"]["stride_px"] == 16
    assert composed(conf, *CHOSEN, dataset="walls", scale="tiny")["slice"]["stride_px"] == 8


def test_other_values_are_those_of_the_defaults(conf: Path):
    defaults = YAML(typ="safe").load((conf / "config.yaml").read_text(encoding="utf-8"))
    del defaults["defaults"]
    defaults["slice"]["stride_px"] = 32
    defaults["runtime"]["threads"] = 2
    assert composed(conf) == defaults


def test_a_list_is_replaced_as_a_whole(conf: Path):
    assert composed(conf, *CHOSEN, dataset="walls", scale="tiny")["ingest"]["sources"] == [
        {"name": "folder", "split": "own", "limit": 9}
    ]


def test_comments_stay_and_the_first_line_tells_the_composition(conf: Path):
    text = text_of(conf, *CHOSEN, dataset="walls", scale="tiny")
    first = "# Composed with dataset=walls scale=tiny slice.stride_px=8 runtime.threads=3 train_classifier.lr=1e-5\n"
    assert text.startswith(first)
    assert "defaults:" not in text
    template = (conf / "config.yaml").read_text(encoding="utf-8")
    comments = [line.partition("# ")[2] for line in template.splitlines() if "# " in line]
    assert [comment for comment in comments if comment not in text] == []


def test_the_same_choice_gives_the_same_bytes(conf: Path):
    assert compose.compose(conf, dataset="demo", scale="cpu", overrides=[]) == text_of(conf)


def test_numbers_without_a_dot_or_sign_are_numbers(conf: Path):
    assert composed(conf, *CHOSEN, dataset="walls", scale="tiny")["train_classifier"]["lr"] == 1e-5


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"dataset": "wals"}, "dataset=wals: no such dataset; known: demo, walls"),
        ({"scale": "huge"}, "scale=huge: no such scale; known: cpu, tiny"),
        ({"overrides": ["slice.strid_px=8"]}, "slice.strid_px: unknown key; did you mean slice.stride_px?"),
        ({"overrides": ["zzz=8"]}, "zzz: unknown key; sections: ablate, ablate_adapters, align_clip, bench"),
        ({"overrides": ["slice=8"]}, "slice is a section; set one of its keys: slice.side_px"),
        ({"overrides": ["slice.stride_px"]}, "'slice.stride_px': expected key=value"),
        ({"overrides": ["slice.stride_px=0"]}, "slice.stride_px: got 0; input should be greater than or equal to 1"),
        ({"overrides": ["slice.stride_px=wide"]}, "slice.stride_px: got 'wide'; input should be a valid integer"),
        ({"overrides": ["slice.stride_px=["]}, r"cannot be composed with dataset=demo scale=cpu slice.stride_px=\["),
    ],
)
def test_a_wrong_choice_is_explained(conf: Path, chosen: dict, message: str):
    with pytest.raises(ParamsError, match=message.replace("?", r"\?")):
        compose.compose(conf, **{"dataset": "demo", "scale": "cpu", "overrides": []} | chosen)


def test_an_unknown_key_in_a_dataset_is_explained(conf: Path, tmp_path: Path):
    own = shutil.copytree(conf, tmp_path / "conf")
    (own / "dataset/walls.yaml").write_text("# @package _global_\nslice:\n  sidepx: 4\n", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"slice\.sidepx: unknown key; did you mean side_px\?"):
        composed(own, dataset="walls")


def test_a_folder_without_conf_is_explained(tmp_path: Path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "scale").mkdir()
    (tmp_path / "dataset/demo.yaml").touch()
    (tmp_path / "scale/cpu.yaml").touch()
    with pytest.raises(ParamsError, match=r"config\.yaml: not found; run crackpipe from the project's root"):
        composed(tmp_path)


def test_a_composed_file_is_recognised_and_a_changed_one_names_the_key(conf: Path, tmp_path: Path):
    path = tmp_path / "params.yaml"
    atomic.write_text(path, compose.compose(conf, dataset="walls", scale="tiny", overrides=[]))
    assert compose.check_composed(path, conf) == "dataset=walls scale=tiny"
    atomic.write_text(path, path.read_text(encoding="utf-8").replace("threads: 2", "threads: 5", 1))
    with pytest.raises(
        ParamsError, match=r"nearest is dataset=walls scale=tiny, but\n  runtime\.threads: got 5; expected 2"
    ):
        compose.check_composed(path, conf)


def test_writing_leaves_nothing_beside_the_file(tmp_path: Path):
    atomic.write_text(tmp_path / "params.yaml", "a: 1\n")
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_every_composition_that_the_project_offers_is_valid_and_as_hydra_composes_it():
    """Or its values are refused. Hydra is asked for each dataset, and for each scale with one or more of these."""
    found = compose.compositions(CONF)
    assert "dataset=demo scale=cpu" in found
    datasets, scales = compose.choices(CONF, group="dataset"), compose.choices(CONF, group="scale")
    assert len(found) == len(datasets) * len(scales)
    assert len(datasets) >= len(scales)
    for dataset, scale in zip(datasets, itertools.cycle(scales), strict=False):
        tree = compose.values(CONF, dataset=dataset, scale=scale, overrides=[])
        assert repr(found[f"dataset={dataset} scale={scale}"]) == repr(tree)  # 1, 1.0 and true are equal


@pytest.mark.parametrize("dataset", ["demo", "captioned", "crack500"])
def test_dvc_would_write_a_composed_file_as_it_is(dataset: str):
    text = compose.compose(CONF, dataset=dataset, scale="crackclip", overrides=[])
    assert yaml_edit.as_dvc_writes(text) == text


def test_a_wrong_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"conf: not found; run this in the project's folder, where dvc\.yaml is"):
        compose.compose(tmp_path / "conf", dataset="demo", scale="cpu", overrides=[])
