"""Settings of the site, which `make docs` builds with Sphinx."""

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS)]

from generators import api  # noqa: E402

project = "crackpipe"
author = copyright = "The crackpipe authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "generators.short_names"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "crackpipe"
html_static_path = ["_static"]
html_css_files = ["wide-tables.css"]
html_copy_source = False
copybutton_prompt_text = "$ "

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write `name` where they mean a name

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_use_ivar = True  # a property that a record lists among its attributes stands there once
python_maximum_signature_line_length = 100
nitpicky = True
nitpick_ignore_regex = [("py:(class|data|obj|exc)", ".*")]  # types in signatures: arrays with shapes, other packages

api.write(DOCS / "api", package=DOCS.parent / "crackpipe")
