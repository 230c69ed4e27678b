"""What templates of pages are given is shown as text, whatever it holds."""

from crackpipe.files import page_template


def test_names_of_any_bytes_become_one_line_of_valid_text():
    latin = b"M\xfcnchen.jpg".decode("utf-8", "surrogateescape")
    assert page_template.printable(latin) == "München.jpg"
    assert page_template.printable("a\nb\x00\x7f") == "a␊b␀␡"
    page_template.printable("\ud800\udc85 lone").encode("utf-8")


def test_what_is_put_in_is_escaped_and_what_is_marked_is_not() -> None:
    templates = page_template.Templates("crackpipe.files")
    shown = templates._environment.from_string("{{ given }} {{ marked }}")
    marked = page_template.markup("<b>")
    assert shown.render(given="<i>\x00", marked=marked) == "&lt;i&gt;\u2400 <b>"
