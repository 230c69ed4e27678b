"""List for each stage the Python files that it imports, with a digest of each.

Reads crackpipe/, pipeline/, extensions/ and dvc.yaml (which DVC takes for no dependency; an edit of a file matters, and
that runs this stage); writes data/code/<module of the stage>, lines of `digest  path`.
Comments, docstrings and blank lines are no part of a digest, so that an edit of them runs no stage again. Costs: a
second.
"""

import gc
from pathlib import Path

from ruamel.yaml import YAML

from crackpipe import console
from crackpipe.files import stage_code
from crackpipe.files.code_imports import PACKAGES, read

ROOT, MANIFESTS = Path(__file__).resolve().parents[1], Path("data/code")


def main() -> None:
    gc.disable()  # it would look through every file's syntax tree again and again: a third of the time
    stages = YAML(typ="safe", pure=False).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    texts = stage_code.manifests(read(ROOT, (*PACKAGES, stage_code.EXTENSIONS)), stages)
    MANIFESTS.mkdir(parents=True, exist_ok=True)
    for path in MANIFESTS.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (MANIFESTS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    console.run(main)
