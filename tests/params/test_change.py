"""A params.yaml is changed where it was told to be, and keeps the rest: edits by hand above all."""

import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import modify_yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crackpipe.errors import ParamsError
from crackpipe.params import change, compose

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture(scope="module")
def demo() -> str:
    return compose.compose(CONF, dataset="demo", scale="cpu", overrides=[])


@pytest.fixture(scope="module")
def crack500() -> str:
    return compose.compose(CONF, dataset="crack500", scale="cpu", overrides=[])


def changed(text: str, *overrides: str, conf: Path = CONF, **groups: str) -> change.Changed:
    return change.change(text, conf, groups=groups, overrides=overrides)


def tree(text: str) -> dict:
    return YAML(typ="safe").load(text)


def lines_that_differ(one: str, other: str) -> list[str]:
    return [line for line in other.splitlines() if line not in one.splitlines()]


def test_one_key_is_one_line_and_its_comment_stays(demo: str) -> None:
    found = changed(demo, "evaluate.tolerance_px=5")
    assert lines_that_differ(demo, found.text) == [
        "  tolerance_px: 5 # distance at which the tolerant variants (ods_tol …) still count a hit"
    ]
    assert found.values == {"evaluate.tolerance_px": (2, 5)}


@pytest.mark.parametrize("dataset", ["demo", "crack500", "captioned", "few_shot", "calibration", "equal_terms"])
def test_dvc_changes_one_line_too_and_no_comment_is_lost(dataset: str, tmp_path: Path) -> None:
    text = compose.compose(CONF, dataset=dataset, scale="cpu", overrides=[])
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    apply_overrides(path, ["evaluate.tolerance_px=5"])  # what `dvc exp run -S` does
    assert path.read_text(encoding="utf-8") == changed(text, "evaluate.tolerance_px=5").text
    apply_overrides(path, ["evaluate.tolerance_px=2", "calibrate.seeds=[3,4]"])
    found = path.read_text(encoding="utf-8")
    assert [line for line in found.splitlines() if "#" in line] == [line for line in text.splitlines() if "#" in line]


def test_dvc_can_empty_and_fill_every_list_in_turn(demo: str, tmp_path: Path) -> None:
    """Where the comment stood beside a list's key, emptying the list broke the file, and every DVC command after it."""
    lists = [key for key, value in compose.leaves(tree(demo)) if isinstance(value, list)]
    assert len(lists) > 20
    assert [key for key in lists if not survives(section(demo, key), key, tmp_path)] == []


def test_the_layout_that_breaks_is_seen(tmp_path: Path) -> None:
    assert not survives("a:\n  l: # comment\n  - x\n  s: 1 # another\n\n# section\nend:\n  b: 2 # c\n", "a.l", tmp_path)


def section(text: str, key: str) -> str:
    """The section of a key, alone: the whole file takes DVC half a second each time; and the begin of another."""
    name = key.partition(".")[0]
    found = re.search(rf"^{name}:.*?(?=^\w|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return f"{found[0]}end:\n  b: 2 # c\n"


def survives(text: str, key: str, folder: Path) -> bool:
    """Whether the list is emptied, filled and emptied by DVC without harm to the rest."""
    path, expected = folder / "params.yaml", tree(text)
    path.write_text(text, encoding="utf-8")
    for value in ([], ["a", "b"], []):
        with modify_yaml(path) as values:
            set_at(values, key, value)
        set_at(expected, key, value)
        try:
            if tree(path.read_text(encoding="utf-8")) != expected:
                return False
        except YAMLError:
            return False
    return True


def set_at(values: dict, key: str, value: list) -> None:
    *above, last = key.split(".")
    for name in above:
        values = values[name]
    values[last] = list(value)


def test_an_edit_by_hand_stays_when_another_key_is_set(demo: str) -> None:
    edited = demo.replace("photos: 96", "photos: 24").replace("- name: demo", "- name: folder")
    found = changed(edited, "train_segmenter.labels=[cam_location]", "self_label.labels=[]")
    values = tree(found.text)
    assert values["ingest"]["demo"]["photos"] == 24
    assert values["ingest"]["sources"][0]["name"] == "folder"
    assert values["train_segmenter"]["labels"] == ["cam_location"]
    assert sorted(found.values) == ["self_label.labels", "train_segmenter.labels"]


def test_an_edit_stays_in_another_dataset_but_for_what_that_names(demo: str, crack500: str) -> None:
    edited = changed(demo, "evaluate.tolerance_px=5", "train_classifier.patches_per_epoch=7").text
    values = tree(changed(edited, dataset="crack500").text)
    assert values["evaluate"]["tolerance_px"] == 5
    fresh = tree(crack500)
    fresh["evaluate"]["tolerance_px"] = 5
    assert values == fresh  # conf/dataset/crack500.yaml names patches_per_epoch


def test_another_dataset_gives_its_own_text_and_back_the_same_one(demo: str, crack500: str) -> None:
    assert crack500.startswith("# Composed with dataset=crack500 scale=cpu\n")
    assert changed(demo, dataset="crack500").text == crack500
    assert changed(crack500, dataset="demo").text == demo


def test_a_new_key_gets_its_default_and_one_that_is_gone_goes(demo: str, tmp_path: Path) -> None:
    without = "\n".join(line for line in demo.splitlines() if not line.startswith("  gallery_rows:")) + "\n"
    edited = without.replace("  tolerance_px: 2", "  gone: 3\n  tolerance_px: 4")
    assert tree(changed(edited).text)["evaluate"] == {**tree(demo)["evaluate"], "tolerance_px": 4}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("evaluate.tolerance=5", r"evaluate\.tolerance: unknown key; did you mean evaluate\.tolerance_px\?"),
        ("evaluate.tolerance_px=many", r"evaluate\.tolerance_px: got 'many'; input should be a valid integer"),
        ("evaluate.tolerance_px=[", "the value is no YAML"),
        ("train_segmenter.labels=[cam]", "names .'cam'., but pseudo_label.methods does not"),
    ],
)
def test_a_wrong_change_is_explained(override: str, message: str, demo: str) -> None:
    with pytest.raises(ParamsError, match=message):
        changed(demo, override)


def test_a_file_of_another_origin_keeps_all_its_values(demo: str, tmp_path: Path) -> None:
    shutil.copytree(CONF, tmp_path / "conf")
    text = demo.replace("# Composed with dataset=demo scale=cpu\n", "").replace("photos: 96", "photos: 24")
    assert tree(changed(text, "slice.stride_px=32").text)["ingest"]["demo"]["photos"] == 24
