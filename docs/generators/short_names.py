"""References of docstrings by the names that code uses: ``tiles.predict`` for any ``crackpipe.….tiles.predict``."""

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode


def setup(app: Sphinx) -> None:
    """Let Sphinx ask :func:`resolved` where it finds no object of the whole name."""
    app.connect("missing-reference", resolved)


def resolved(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.reference | None:
    """Reference to the nearest object whose name ends as that of the node; ``None`` where there is none, or several."""
    if node.get("refdomain") != "py":
        return None
    domain: Any = env.get_domain("py")
    objects = domain.modules if node["reftype"] == "mod" else domain.objects
    name = nearest(node["reftarget"], list(objects), module=node.get("py:module") or "")
    if name is None:
        return None
    entry = objects[name]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, name)


def nearest(target: str, names: list[str], *, module: str) -> str | None:
    """The name that ends with ``.target`` and shares the most of its beginning with ``module``; ``None`` at a tie."""
    ending = sorted(name for name in names if name.endswith(f".{target}"))
    shared = {name: _shared(name.split("."), module.split(".")) for name in ending}
    best = [name for name in ending if shared[name] == max(shared.values())]
    return best[0] if len(best) == 1 else None


def _shared(a: list[str], b: list[str]) -> int:
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
