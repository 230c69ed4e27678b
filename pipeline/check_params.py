"""Check params.yaml before any other stage begins: every key, type and range, and what values need of each other.

Reads params.yaml and extensions/; writes data/params_checked, always the same text, so that it makes no stage run.
Costs: a second; with other architectures of timm than the papers', whose names it looks up, four.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.files import atomic
from crackpipe.params.classifier import BACKBONES
from crackpipe.params.loading import load


def main() -> None:
    params = load()
    for key, name in params.architectures().items():
        if name not in BACKBONES:  # those are known without timm, which takes seconds to import
            from crackpipe.models import backbones

            backbones.check_name(name, where=key)
    atomic.write_text(Path("data/params_checked"), "params.yaml is valid\n")


if __name__ == "__main__":
    console.run(main)
