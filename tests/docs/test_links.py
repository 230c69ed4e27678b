"""Links inside the project lead somewhere, and the README stays short."""

from pathlib import Path

import pytest
from text_files import PAGES, ROOT, blocks, headings, links

BUILT = {"api/index"}  # pages that `make docs` makes of docstrings


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in links(text):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link} leads to no file"
        if anchor:
            assert anchor in headings(target.read_text(encoding="utf-8")), f"{page.name}: {link} leads to no heading"


def test_every_page_is_listed_in_the_index_once() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    lines = [line for block in blocks(index, "{toctree}") for line in block.splitlines() if line[:1] not in ("", ":")]
    listed = [line.rpartition("<")[2].rstrip(">") for line in lines]
    assert sorted(listed) == sorted({path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"} | BUILT)


def test_the_readme_is_read_in_two_minutes() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 130
    assert len(text.split()) <= 1000


def test_links_and_headings_are_found_as_markdown_has_them() -> None:
    text = "# A `b`, c\n[x](y.md#z) ![p](q.png) [w](https://a.b)\n```sh\n# [no](none)\n```\n`[no](none)`\n"
    assert links(text) == ["y.md#z", "q.png"]
    assert headings(text) == {"a-b-c"}
