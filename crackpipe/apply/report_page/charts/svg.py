"""Text of SVG elements."""

import html

from crackpipe.files.page_template import one_line


def element(name: str, *contents: str, **attributes: str | float) -> str:
    """Write one element; attributes are escaped, contents are SVG already.

    Args:
        name: e.g. ``rect``.
        contents: between its tags: elements, or what :func:`text` has escaped.
        attributes: ``_`` in a name stands for ``-``, one at its end is left out; numbers are rounded to 1/100.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(one_line(_spelled(value)))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(contents)}</{name}>" if contents else f"<{name}{written}/>"


def text(content: str, **attributes: str | float) -> str:
    """Write a text element."""
    return element("text", escaped(content), **attributes)


def escaped(content: str) -> str:
    """Make any text content of an element."""
    return html.escape(one_line(content), quote=False)


def drawing(*contents: str, title: str, width: int, height: int) -> str:
    """Write a whole picture that screen readers tell by its title; it takes the width that it is given."""
    return element(
        "svg",
        element("title", escaped(title)),
        *contents,
        role="img",
        aria_label=title,
        viewBox=f"0 0 {width} {height}",
    )


def _spelled(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
