"""Gather the headline figures of all tables: what `dvc metrics diff` and `dvc exp show` compare.

Reads metrics/*.json and data/ingest.json; writes metrics/summary.json and metrics/ingest.json. Costs: a moment.
"""

import json
from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load
from crackpipe.report import headline

METRICS, INGEST = Path("metrics"), Path("data/ingest.json")
TABLES = ("bridge", "calibration", "classifier", "few_shot", "pseudo_labels", "segmentation")


def main() -> None:
    params = load()
    metrics.write_json(METRICS / "ingest.json", json.loads(INGEST.read_text(encoding="utf-8")))
    tables = {name: json.loads((METRICS / f"{name}.json").read_text(encoding="utf-8")) for name in TABLES}
    metrics.write_json(METRICS / "summary.json", headline.figures(tables, reference=params.few_shot.reference))


if __name__ == "__main__":
    console.run(main)
