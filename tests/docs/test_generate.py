"""Generated pages are those that are committed, and the check says where they are not."""

from pathlib import Path

import generate
import pytest


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one whole page and one page with a part."""
    (tmp_path / "README.md").write_text("# Title\n<!-- results -->\nold\n<!-- /results -->\nend\n", encoding="utf-8")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "WHOLE", {"docs/page.md": lambda: "# Page\n"})
    monkeypatch.setattr(generate, "PARTS", {"README.md": {"results": lambda: "new"}})
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["generate.py", *arguments])
    generate.main()


def test_a_page_out_of_date_fails_the_check_until_it_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = r"generated pages are out of date: docs/page.md, README.md; run `make docs`, and commit them"
    with pytest.raises(SystemExit, match=expected):
        run(monkeypatch, "--check")
    assert not (project / "docs").exists()
    run(monkeypatch)
    assert capsys.readouterr().out == "wrote docs/page.md, README.md\n"
    assert (project / "docs/page.md").read_text(encoding="utf-8") == "# Page\n"
    text = (project / "README.md").read_text(encoding="utf-8")
    assert text == "# Title\n<!-- results -->\n\nnew\n\n<!-- /results -->\nend\n"
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "--check")
    assert ended.value.code == 0
    (project / "docs/page.md").write_text("# Page, edited\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"out of date: docs/page.md; run"):
        run(monkeypatch, "--check")
