"""Templates of pages: the only file that knows Jinja.

Every text that a template is given is escaped, and made one line of valid text, as it is put in; what :func:`markup`
has marked is taken as it is.
"""

from typing import Any

import jinja2
from markupsafe import Markup

_CONTROL = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_BYTES = {0xDC00 + byte: byte for byte in range(0xA0, 0x100)}  # of a file name that is no UTF-8: most often Latin-1
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_SHOWN = _CONTROL | _SURROGATES | _BYTES


class Templates:
    """Templates of a package's folder ``templates/``, beside those that all pages share.

    Args:
        package: its dotted name.
    """

    def __init__(self, package: str) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader("crackpipe.files")]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: one_line(value) if type(value) is str else value,
        )

    def fill(self, name: str, **values: Any) -> str:
        """Fill a template.

        Args:
            name: of its file.
            values: by their names in it.
        """
        return self._environment.get_template(name).render(**values)


def markup(text: str) -> str:
    """Mark text that is HTML, SVG, CSS or JavaScript already."""
    return Markup(text)


def one_line(text: str) -> str:
    """Make any text one line of valid UTF-8: control characters as their pictures, bytes that are no UTF-8 as Latin-1.

    A file name holds anything but NUL and /; Python spells bytes of it that it cannot decode as lone surrogates.
    """
    return text.translate(_SHOWN)
