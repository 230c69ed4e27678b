"""What templates of pages are given is shown as text, whatever it holds."""

from pathlib import Path

import pytest

from crackpipe.files import page_template


def test_names_of_any_bytes_become_one_line_of_valid_text():
    latin = b"M\xfcnchen.jpg".decode("utf-8", "surrogateescape")
    assert page_template.one_line(latin) == "München.jpg"
    assert page_template.one_line("a\nb\x00\x7f") == "a␊b␀␡"
    page_template.one_line("\ud800\udc85 lone").encode("utf-8")


def test_what_is_put_in_is_escaped_and_what_is_marked_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "own_pages"
    (package / "templates").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "templates/page.html").write_text("{{ given }} {{ marked }}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    filled = page_template.Templates("own_pages").fill("page.html", given="<i>\x00", marked=page_template.markup("<b>"))
    assert filled == "&lt;i&gt;\u2400 <b>"
