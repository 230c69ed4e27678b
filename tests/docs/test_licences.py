"""The list of licences names every direct dependency, with what the installed package states of itself."""

import importlib.metadata
import re

import pytest
from text_files import ROOT

NONE = "none stated"
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(r"^\| ([a-z][\w.-]*) \| ([^|]+) \|", (ROOT / "docs/licences.md").read_text(encoding="utf-8"), re.M)
)
ROWS.pop("package", None)


def declared() -> set[str]:
    """Names in the lists of dependencies of pyproject.toml."""
    lists = re.findall(
        r"^(?:dependencies|pipeline|dev|docs|geo|raw|export|openvino) = \[(.*?)\](?: #[^\n]*)?$",
        PROJECT,
        re.MULTILINE | re.DOTALL,
    )
    assert len(lists) == 8
    return {re.split(r"[\[;<>= ]", one)[0] for text in lists for one in re.findall(r'"([^"]+)"', text)}


def stated(name: str) -> str:
    found = importlib.metadata.metadata(name)
    classifiers = [one.split(" :: ")[-1] for one in found.get_all("Classifier") or [] if one.startswith("License")]
    texts = [found.get("License-Expression") or "", (found.get("License") or "").replace("UNKNOWN", ""), *classifiers]
    return " ".join(texts)


def test_every_direct_dependency_is_listed_and_nothing_else() -> None:
    assert set(ROWS) == declared()


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_licence_is_the_one_that_the_package_states(name: str) -> None:
    try:
        found = stated(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed here")
    if ROWS[name].startswith(NONE):
        assert found.strip() == ""
    else:
        first = re.split(r" \(| AND ", ROWS[name])[0]
        assert first.lower() in found.lower(), f"{name} states: {found[:200]}"
