"""Check params.yaml before any other stage begins: every key, type and range, and what values need of each other.

Reads params.yaml; writes data/params_checked, always the same text, so that it makes no stage run. Costs: a second.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.files import atomic
from crackpipe.params.loading import load


def main() -> None:
    load()
    atomic.write_text(Path("data/params_checked"), "params.yaml is valid\n")


if __name__ == "__main__":
    console.run(main)
