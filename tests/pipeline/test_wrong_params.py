"""Wrong parameters are refused before any work is done."""

from pathlib import Path

import pytest
import stages
from ruamel.yaml import YAML
from typer.testing import CliRunner

from crackpipe.cli.app import commands
from crackpipe.errors import ParamsError

ROOT = Path(__file__).parents[2]


def write_params(folder: Path, key: str, value: object) -> None:
    """The project's own, but for one key."""
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    *above, last = key.split(".")
    section = tree
    for name in above:
        section = section[name]
    section[last] = value
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("slice.stirde_px", 64, ["slice.stirde_px: unknown key; did you mean stride_px?"]),
        ("slice.stride_px", "64", ["slice.stride_px: got '64'", "valid integer"]),
        ("train_classifier.lr", True, ["train_classifier.lr: got True", "valid number"]),
        ("train_classifier.crack_share", 1.5, ["train_classifier.crack_share: got 1.5", "less than 1"]),
        ("segment.erosions", -1, ["segment.erosions: got -1", "greater than or equal to 0"]),
        (
            "pseudo_label.methods",
            ["crf"],
            ["pseudo_label.methods.0: got 'crf'", "expected one of soft_location, cam_location"],
        ),
        ("pseudo_label.methods", ["cam_locaton"], ["cam, truth; did you mean cam_location?"]),
        (
            "pseudo_label.cam_location.dark_stride_px",
            15,
            ["pseudo_label.cam_location: ", "must be a multiple of the stride (15 px)"],
        ),
        (
            "train_segmenter.labels",
            ["cam_location", "cam"],
            ["train_segmenter.labels names ['cam'], but pseudo_label.methods does not"],
        ),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(
    key: str, value: object, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_params(tmp_path, key, value)
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(commands, ["configure", "--check"])
    assert isinstance(ended.exception, ParamsError)
    message = str(ended.exception)
    assert "params.yaml: 1 fault(s)" in message
    assert all(part in message for part in said), message


def test_the_stage_that_runs_first_fails_without_a_traceback_and_before_any_output_is_touched(tmp_path: Path) -> None:
    write_params(tmp_path, "segment.erosions", -1)
    ended = stages.run(tmp_path, "check_params")
    assert ended.status == 1
    assert ended.stderr.startswith("error: params.yaml: 1 fault(s)\n  segment.erosions: got -1")
    assert not (tmp_path / "data").exists()
