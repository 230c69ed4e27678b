"""List for each stage the Python files that it imports, with a digest of each.

Reads crackpipe/ and pipeline/; writes data/code/<module of the stage>, lines of `digest  path`. Comments, docstrings
and blank lines are no part of a digest, so that an edit of them runs no stage again. Costs: a second.
"""

import gc
from pathlib import Path

from crackpipe import console
from crackpipe.files.code_imports import SourceTree, read

ROOT, MANIFESTS = Path(__file__).resolve().parents[1], Path("data/code")


def main() -> None:
    gc.disable()  # it would look through every file's syntax tree again and again: a third of the time
    tree = SourceTree(read(ROOT))
    modules = sorted(path.stem for path in (ROOT / "pipeline").glob("*.py"))
    texts = {name: tree.manifest(f"pipeline.{name}") for name in modules if name not in ("__init__", "code")}
    MANIFESTS.mkdir(parents=True, exist_ok=True)
    for path in MANIFESTS.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (MANIFESTS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    console.run(main)
