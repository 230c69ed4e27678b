"""`crackpipe inspect` as it is typed: what it prints, patterns, lists on standard input."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from crackpipe.apply.survey.journal import FILE as JOURNAL
from crackpipe.cli.app import commands
from crackpipe.errors import CrackpipeError
from crackpipe.imaging import images


def test_the_command_tells_what_was_found_and_what_was_not_looked_at(model: Path, site: Path) -> None:
    Path("site/broken.jpg").write_bytes(b"no picture")
    done = CliRunner().invoke(
        commands,
        ["inspect", "site/*.png", "site/broken.jpg", "--model", str(model), "--mm-per-px", "0.5", "--classes", "jsce"],
    )
    assert done.exit_code == 3, done.output
    assert "not looked at: site/broken.jpg: " in done.output
    assert "1 cracks on 1 photographs, 0.05 m long, the widest" in done.output
    assert pd.read_csv("survey/cracks.csv")["class"].tolist() == ["over 0.2 mm"]


def test_cracks_that_may_be_pieces_of_others_are_told(model: Path, site: Path) -> None:
    wall = np.full((80, 200, 3), 160, np.uint8)
    wall[30:33, 10:70] = wall[30:33, 84:150] = 10
    Path("dashes.png").write_bytes(images.encode_rgb(wall))
    done = CliRunner().invoke(commands, ["inspect", "dashes.png", "--model", str(model), "--gap-px", "8"])
    assert done.exit_code == 0, done.output
    assert "1 of them may be pieces of others: --gap-px 24 makes such one" in done.output
    assert pd.read_csv("survey/photos.csv")["in_line"].tolist() == [1]
    done = CliRunner().invoke(commands, ["inspect", "dashes.png", "--model", str(model), "--gap-px", "24"])
    assert "1 cracks on 1 photographs" in done.output
    assert "pieces" not in done.output


def test_a_risk_chooses_what_counts_as_a_crack_alone(model: Path, site: Path) -> None:
    for others, said in (
        (["--level", "0.4", "--gap-px", "3"], "--risk chooses what counts as a crack; leave --level and --gap-px out"),
        ([], "its card does not tell what it misses, so that no risk can be chosen; name it in bench.segmenters"),
    ):
        done = CliRunner().invoke(commands, ["inspect", "site", "--model", str(model), "--risk", "0.1", *others])
        assert said in str(done.exception)
    assert not Path("survey").exists()


def test_photographs_of_a_table_of_scales_that_are_not_there_are_told(model: Path, site: Path) -> None:
    names = ["a.png", "site/deep/b.png", *(f"c{number}.png" for number in range(6))]
    lines = ["photo,mm_per_px", *(f"{name},0.5" for name in names)]
    Path("scales.csv").write_text("\n".join(lines), encoding="utf-8")
    arguments = ["inspect", "site", "--only", "masks", "--model", str(model), "--scales", "scales.csv"]
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 0, done.output
    assert (
        "scales.csv: 6 of its photographs were not named to this command: c0.png, c1.png, c2.png, c3.png, c4.png …"
        in done.output
    )


def test_a_pattern_without_a_match_and_an_empty_list_are_told(model: Path, site: Path) -> None:
    for arguments, said in (
        (["site/*.png", "site/*.jpg"], r"site/\*\.jpg: not found"),
        (["-"], "nothing named: no photograph in there"),
    ):
        done = CliRunner().invoke(commands, ["inspect", *arguments, "--model", str(model)], input="")
        with pytest.raises(CrackpipeError, match=said):
            raise done.exception or AssertionError(done.output)


def test_a_list_may_name_files_whose_names_are_no_text(model: Path, site: Path) -> None:
    name = os.fsdecode(b"site/\xff\r.png")
    Path(name).write_bytes(Path("site/a.png").read_bytes())
    arguments = ["inspect", "-", "--only", "masks", "--model", str(model)]
    done = CliRunner().invoke(commands, arguments, input=os.fsencode(name) + b"\n")
    assert done.exit_code == 0, done.output


def test_a_list_on_standard_input_is_read(model: Path, site: Path) -> None:
    done = CliRunner().invoke(
        commands, ["inspect", "-", "--only", "masks", "--model", str(model)], input="site/a.png\nsite/deep/b.png\n"
    )
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in Path("survey").glob("*.*")) == [
        "a.mask.png",
        "b.mask.png",
        "cracks.csv",
        "cracks.geojson",
        "cracks.parquet",
        JOURNAL,
        "photos.csv",
        "run.json",
    ]
