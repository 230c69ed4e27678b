"""Put the scores of all wordings of the prompts side by side: CrackCLIP's Figure 5.

Reads data/prompt_ablation/<wording>/scores.json; writes metrics/prompts.json. Costs: nothing.
"""

import json
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load


def main() -> None:
    wordings = load().ablate_prompts.wordings
    paths = {wording: Path("data/prompt_ablation") / wording / "scores.json" for wording in wordings}
    scores = {wording: json.loads(path.read_text(encoding="utf-8")) for wording, path in paths.items()}
    metrics.write_json(Path("metrics/prompts.json"), scores)


if __name__ == "__main__":
    console.run(main)
