"""The list of trained models."""

import json
from pathlib import Path

from typer.testing import CliRunner

from crackpipe.cli.app import commands
from crackpipe.models import listing, shipped


def test_models_of_a_project_follow_those_of_the_package(tmp_path: Path) -> None:
    folder = tmp_path / "models/segmenter/unet-truth"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(json.dumps({"kind": "segmenter", "architecture": "unet", "labels": "truth"}))
    (folder / "model.safetensors").write_bytes(b"0" * 2_000_000)
    (tmp_path / "models/classifier").mkdir()
    (tmp_path / "models/classifier/model.json").write_text("{")
    found = list(listing.listed(tmp_path))
    assert [one.name for one in found[:-2]] == shipped.names()
    assert found[-2].kind == "damaged"
    assert (found[-1].name, found[-1].about, found[-1].megabytes) == ("unet-truth", "truth", 2.0)


def test_the_command_lists_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["models", "--project", str(tmp_path)])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == 1 + len(shipped.names())
