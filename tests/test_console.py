"""How a stage ends."""

import shutil
import subprocess
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

import pipeline
from crackpipe import console
from crackpipe.errors import CrackpipeError, DatasetError

ROOT = Path(__file__).parents[1]


def test_a_users_error_is_shown_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        console.say("started")
        raise DatasetError("raw/cfd: not here")

    with pytest.raises(SystemExit) as caught:
        console.run(main)
    assert caught.value.code == 1
    assert capsys.readouterr() == ("started\n", "error: raw/cfd: not here\n")


def test_a_package_that_is_not_installed_is_told_with_what_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        console.run(partial(import_module, "no_such_package.part"))
    fault = "this needs the package no_such_package, which is not installed; those of the pipeline come with pip"
    assert capsys.readouterr().err == f"error: {fault} install 'crackpipe[pipeline]'\n"
    with pytest.raises(ModuleNotFoundError):  # a fault of ours
        console.run(partial(import_module, "crackpipe.no_such_file"))


def test_a_stage_collects_garbage_while_it_works_but_not_while_it_is_imported(tmp_path: Path) -> None:
    stage = "import gc\nfrom crackpipe import console\nsay = lambda: print(gc.isenabled())\nsay()\nconsole.run(say)"
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/__init__.py").write_text(Path(pipeline.__file__).read_text(encoding="utf-8"))
    (tmp_path / "pipeline/stage.py").write_text(stage)
    command = [sys.executable, "-m", "pipeline.stage"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        console.run(main)


ALLOWED = {"segmenter": ("unet", "text_adapters", "oed"), "labels": ("cam", "self_cam_location", "truth")}


def arguments_read(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    monkeypatch.setattr("sys.argv", ["segment.py", *arguments])
    return console.arguments(ALLOWED)


def test_arguments_come_in_the_order_of_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert arguments_read(monkeypatch, "text_adapters", "self_cam_location") == ["text_adapters", "self_cam_location"]


@pytest.mark.parametrize("arguments", [(), ("text_adapters",), ("unet", "truth", "cam")])
def test_a_missing_argument_shows_the_usage(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    message = rf"got {len(arguments)} argument.* usage: python -m pipeline.STAGE SEGMENTER LABELS"
    with pytest.raises(CrackpipeError, match=message):
        arguments_read(monkeypatch, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("unett", "cam"), "SEGMENTER: got 'unett', expected one of unet, text_adapters, oed; did you mean unet?"),
        (
            ("unet", "cam_locatio"),
            "LABELS: got 'cam_locatio', expected one of cam, self_cam_location, truth; did you mean self_cam_location?",
        ),
        (("foo", "bar"), "SEGMENTER: got 'foo', expected one of unet, text_adapters, oed"),
        (("truth", "unet"), "SEGMENTER: got 'truth', expected one of unet, text_adapters, oed"),
    ],
)
def test_a_mistyped_argument_is_told_with_what_is_allowed_and_the_nearest(
    arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CrackpipeError) as caught:
        arguments_read(monkeypatch, *arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        (
            "pseudo_label",
            ["foo"],
            "METHOD: got 'foo', expected one of soft_location, cam_location, cam_crf, cam, truth",
        ),
        ("pseudo_label", ["self_soft_location"], "METHOD: got 'self_soft_location', .* did you mean soft_location?"),
        ("self_label", ["self_cam_location"], "LABELS: got 'self_cam_location', .* did you mean cam_location?"),
        ("train_segmenter", ["unett", "truth"], "SEGMENTER: got 'unett', .* did you mean unet?"),
        ("segment", ["unet", "truht"], "LABELS: got 'truht', .* did you mean truth?"),
    ],
)
def test_a_stage_that_takes_arguments_checks_them_before_it_reads_a_table(
    name: str, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [f"{name}.py", *arguments])
    with pytest.raises(CrackpipeError, match=message.replace("?", r"\?")):
        import_module(f"pipeline.{name}").main()


def test_an_argument_that_may_be_anything_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["scale_captions.py", "0.25"])
    assert console.arguments({"share": None}) == ["0.25"]
