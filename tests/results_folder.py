"""Results folders as `crackpipe run` writes them, for the tests of what reads them."""

import json
from pathlib import Path
from typing import Any

MACHINE = {"processor": "Abacus 9", "cores": 2, "memory_gib": 8, "gpu": None, "python": "3.11.7", "torch": "2.15.0"}
PARAMS = """\
ingest:
  sources:
    - {{name: crack500, split: own}}
    - {{name: cfd, split: test}}
pseudo_label:
  methods: [cam, cam_crf, cam_location]
train_segmenter:
  unlabelled: {unlabelled}
"""


def scores(ods: float, ois: float, ap: float, n: int) -> dict[str, float]:
    return {"ods": ods, "ois": ois, "ap": ap, "ods_pooled": 0.0, "threshold": 0.5, "n": n}


def bridge() -> dict[str, Any]:
    """What `retrieve` tells of two encoders, from captions without a measure; every figure another."""
    n = {"soundness": 180, "measure": 0, "damage": 180, "location": 170, "captioned": 180}
    return {name: {"n": n, **_encoder(first)} for name, first in (("base", 0.0), ("tuned", 0.3))}


def _encoder(first: float) -> dict[str, Any]:
    def recalls(r1: float) -> dict[str, float]:
        return {"r1": r1, "r5": r1 + 0.005, "r10": r1 + 0.01}

    def labels(soundness: float) -> dict[str, float | None]:
        return {"soundness": soundness, "measure": None, "damage": soundness + 0.01, "location": soundness + 0.02}

    chance = {"image_to_text": recalls(0.021), "text_to_image": recalls(0.022)}
    ways = {"image_to_text": recalls(first + 0.11), "text_to_image": recalls(first + 0.13)}
    matches = {"text_to_image": labels(first + 0.4) | {"chance": labels(0.35)}}
    return {
        "absent": {"measure": "no photograph of train has one"},
        "knn": labels(first + 0.2) | {"mean": first + 0.21},
        "linear": labels(first + 0.3) | {"mean": first + 0.31},
        "majority": labels(0.05) | {"mean": 0.06},
        "retrieval": ways | {"chance": chance},
        "attribute_match": labels(first + 0.5) | {"chance": labels(0.45)} | matches,
    }


def write(
    folder: Path,
    *,
    params: str = PARAMS.format(unlabelled="[]"),
    seconds: dict[str, float] | None = None,
    **metrics: Any,
) -> Path:
    """A run with these seconds of stages, and metrics, by topic: ``segmentation={...}`` and so on."""
    (folder / "metrics").mkdir(parents=True)
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    record = {"date": "2026-11-21T10:00:00Z", "commit": "0123456789abcdef", "dirty": False, "machine": MACHINE}
    record |= {"overrides": [], "seconds": seconds or {}, "total_seconds": 5400.0}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    for topic, tree in metrics.items():
        (folder / f"metrics/{topic}.json").write_text(json.dumps(tree), encoding="utf-8")
    return folder
