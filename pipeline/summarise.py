"""Gather the headline figures of all tables: what `dvc metrics diff` and `dvc exp show` compare.

Reads metrics/*.json, models/classifier and data/ingest.json; writes metrics/summary.json, metrics/classifier.json and
metrics/ingest.json. Costs: a moment.
"""

import json
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load
from crackpipe.report import headline

METRICS = Path("metrics")
CACHED = {"classifier": Path("models/classifier/scores.json"), "ingest": Path("data/ingest.json")}
TABLES = ("bridge", "calibration", "few_shot", "pseudo_labels", "segmentation")


def main() -> None:
    params = load()
    tables = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in CACHED.items()}
    for name, tree in tables.items():
        metrics.write_json(METRICS / f"{name}.json", tree)
    for name in TABLES:
        tables[name] = json.loads((METRICS / f"{name}.json").read_text(encoding="utf-8"))
    metrics.write_json(METRICS / "summary.json", headline.figures(tables, reference=params.few_shot.reference))


if __name__ == "__main__":
    console.run(main)
