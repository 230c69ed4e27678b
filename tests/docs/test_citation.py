"""CITATION.cff names the project as it is released, and every paper whose figures stand beside ours."""

import re

from ruamel.yaml import YAML
from text_files import ROOT

from crackpipe.results import published_tables

CITATION = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_version_and_licence_are_those_of_the_package() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{CITATION["version"]}"' in project
    assert f'license = "{CITATION["license"]}"' in project
    assert f"## {CITATION['version']} – " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_published_source_is_a_reference() -> None:
    titles = {re.sub(r"\W+", " ", one["title"]).lower() for one in CITATION["references"]}
    sources = published_tables.published()["sources"].values()
    cited = [re.sub(r"\W+", " ", source["citation"]).lower() for source in sources]
    assert len(titles) == len(cited) == 5
    assert all(any(title in text for text in cited) for title in titles)
