"""Templates of the page: the only file that knows Jinja.

Every text that a template is given is escaped, and made printable, as it is put in; what :func:`markup` has marked is
taken as it is.
"""

from typing import Any

import jinja2
from markupsafe import Markup

from crackpipe.apply.report_page.figures import printable

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("crackpipe.apply.report_page"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: printable(value) if type(value) is str else value,
)


def fill(name: str, **values: Any) -> str:
    """Fill a template.

    Args:
        name: of its file in ``templates/``.
        values: by their names in it.
    """
    return _TEMPLATES.get_template(name).render(**values)


def markup(text: str) -> str:
    """Mark text that is HTML, SVG, CSS or JavaScript already."""
    return Markup(text)
