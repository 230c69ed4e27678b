"""What DVC cannot check by itself: each stage on its own list of code, small stages, comments on every parameter."""

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
FILES = sorted(path for path in (ROOT / "pipeline").glob("*.py") if path.stem != "__init__")


def module(name: str) -> str:
    """Name of the file in pipeline/ that a stage runs."""
    return re.match(r"python -m pipeline\.(\w+)", STAGES[name]["cmd"])[1]  # type: ignore[index]


@pytest.mark.parametrize("name", sorted(STAGES.keys() - {"check_params", "code"}))
def test_a_stage_depends_on_the_list_of_its_own_code_and_on_no_code_beside(name: str):
    deps = STAGES[name]["deps"]
    assert deps[0] == f"data/code/{module(name)}"
    assert not any(dep.startswith(("crackpipe", "pipeline", "data/code")) for dep in deps[1:])


def test_the_lists_of_code_are_made_of_all_code():
    assert STAGES["code"]["deps"] == ["crackpipe", "data/params_checked", "extensions", "pipeline"]
    assert STAGES["code"]["outs"] == ["data/code"]


def test_parameters_are_checked_before_any_other_stage_begins():
    assert STAGES["check_params"]["deps"] == ["crackpipe/params", "extensions", "params.yaml"]
    assert STAGES["check_params"]["outs"] == ["data/params_checked"]


def test_the_summary_is_the_one_metric_and_all_tables_are_committed():
    metrics = [path for stage in STAGES.values() for out in stage.get("metrics", []) for path in out]
    assert metrics == ["metrics/summary.json"]
    outs = [out for stage in STAGES.values() for out in stage.get("outs", []) if "metrics/" in str(out)]
    assert all(options == {"cache": False} for out in outs for options in out.values())


TRAININGS = sorted(path.stem for path in FILES if "fingerprint.of(" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(set(TRAININGS) - {"embed"}))  # embed names its encoder by a fingerprint
def test_a_checkpoint_is_told_by_the_code_too(name: str):
    text = (ROOT / f"pipeline/{name}.py").read_text(encoding="utf-8")
    assert f'Path("data/code/{name}")' in text
    assert "[CODE" in text


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_says_what_it_does(name: str):
    assert STAGES[name].get("desc"), f"dvc.yaml: stage {name} needs a desc"


def test_every_stage_file_is_run_by_a_stage_and_the_other_way_round():
    assert {path.stem for path in FILES} == {module(name) for name in STAGES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stage_file_only_wires(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60, f"{path.name}: expected at most 60 lines; move the algorithm to crackpipe/"
    assert ast.get_docstring(ast.parse(text)), f"{path.name}: say what it reads, writes and costs"


@pytest.mark.parametrize("name", ["params.yaml", "conf/config.yaml"])
def test_every_parameter_has_a_comment(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = YAML().load(text)
    tree.pop("defaults", None)
    bare = [
        key
        for key, line in _keys(tree)
        if "# " not in lines[line]
        and not lines[line - 1].lstrip().startswith("#")
        and f"# {key.rpartition('.')[2]}: " not in text  # among those before the first of several lists
    ]
    assert bare == []


def _keys(tree: CommentedMap, above: str = "") -> list[tuple[str, int]]:
    """Dotted keys with their line numbers; those inside lists are left out."""
    found = []
    for key, value in tree.items():
        found.append((f"{above}{key}", tree.lc.key(key)[0]))
        if isinstance(value, CommentedMap):
            found += _keys(value, f"{above}{key}.")
    return found
