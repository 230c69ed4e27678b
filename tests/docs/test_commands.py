"""Every command line of the README and the pages names what is there: targets, commands, options, parameters."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML
from text_files import PAGES, ROOT, commands

from crackpipe.cli import app

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9_]+):", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE))
PARAMS = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
KNOWN = {"pip", "crackpipe", "dvc", "git", "make", "source", "touch"}

ALL = [(page, words) for page in PAGES for words in commands(page.read_text(encoding="utf-8"))]
IDS = [f"{page.stem}: {' '.join(words)[:60]}" for page, words in ALL]


def has_parameter(key: str) -> bool:
    place: Any = PARAMS
    for part in key.split("."):
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True


def parsed(words: list[str]) -> dict[str, Any]:
    """Values of a crackpipe command's parameters by name, as its own parser reads them; nothing is run."""
    group: Any = typer.main.get_command(app.commands)
    command, *words = group.commands[words[0]], *words[1:]
    while hasattr(command, "commands"):
        command, *words = command.commands[words[0]], *words[1:]
    found, rest, _ = command.make_parser(typer.Context(command, info_name=command.name)).parse_args(args=words)
    assert not rest, f"crackpipe {command.name}: takes no {rest}"
    missing = [one.name for one in command.params if one.required and not found.get(one.name)]
    assert not missing, f"crackpipe {command.name}: needs {missing}"
    return found


@pytest.mark.parametrize(("page", "words"), ALL, ids=IDS)
def test_a_command_of_the_documentation_is_one_that_there_is(page: Path, words: list[str]) -> None:
    program, arguments = words[0], words[1:]
    assert program in KNOWN, f"{page.name}: {program} is no command that a user has by now"
    if program == "make":
        settings = [word.partition("=")[0] for word in arguments if "=" in word]
        assert {word for word in arguments if "=" not in word} <= TARGETS
        assert set(settings) <= VARIABLES
    elif program == "crackpipe" and arguments != ["--help"]:
        check_settings(arguments[0], parsed(arguments))
    elif program == "dvc":
        from dvc.cli.parser import get_main_parser

        found = get_main_parser().parse_args(arguments)
        for setting in getattr(found, "set_param", None) or []:
            assert has_parameter(setting.partition("=")[0]), f"params.yaml has no {setting}"


def check_settings(name: str, found: dict[str, Any]) -> None:
    """Settings such as ``slice.stride_px=32`` name parameters; datasets and scales lie in conf/."""
    settings = found.get("settings") or found.get("overrides") or []
    for setting in settings:
        key, _, value = setting.partition("=")
        if key in ("dataset", "scale"):
            assert (ROOT / f"conf/{key}/{value}.yaml").is_file()
        else:
            assert has_parameter(key), f"params.yaml has no {key}"
    for setting in found.get("grid") or [] if name == "tune-head" else []:
        assert has_parameter(f"few_shot.{found['head']}.{setting.partition('=')[0]}")


def test_there_are_commands_to_check() -> None:
    programs = {words[0] for _, words in ALL}
    assert programs == KNOWN


def test_an_option_that_is_not_there_is_refused() -> None:
    with pytest.raises(Exception, match="--mask"):
        parsed(["inspect", "photo.jpg", "--mask", "x"])
    with pytest.raises(AssertionError, match="needs"):
        parsed(["inspect"])
    assert not has_parameter("slice.strid_px")
