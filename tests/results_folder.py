"""Results folders as `crackpipe run` writes them, for the tests of what reads them."""

import json
from pathlib import Path
from typing import Any

MACHINE = {"processor": "Abacus 9", "cores": 2, "memory_gib": 8, "gpu": None, "python": "3.11.7", "torch": "2.15.0"}
PARAMS = """\
pseudo_label:
  methods: [cam, cam_crf, cam_location]
train_segmenter:
  unlabelled: {unlabelled}
"""


def scores(ods: float, ois: float, ap: float, n: int) -> dict[str, float]:
    return {"ods": ods, "ois": ois, "ap": ap, "ods_pooled": 0.0, "threshold": 0.5, "n": n}


def write(folder: Path, *, params: str = PARAMS.format(unlabelled="[]"), **metrics: Any) -> Path:
    """A run with these metrics, by topic: ``segmentation={...}`` and so on."""
    (folder / "metrics").mkdir(parents=True)
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    record = {"date": "2026-11-21T10:00:00Z", "commit": "0123456789abcdef", "dirty": False, "machine": MACHINE}
    record |= {"overrides": [], "seconds": {}, "total_seconds": 5400.0}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    for topic, tree in metrics.items():
        (folder / f"metrics/{topic}.json").write_text(json.dumps(tree), encoding="utf-8")
    return folder
