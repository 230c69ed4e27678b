"""How well calibrated decisions are: scores of each source and kind of calibration, reliability, attacks survived."""

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float32, Float64, Int64, Shaped

from crackpipe.classify import calibrator
from crackpipe.measures import bootstrap, calibration, classification
from crackpipe.measures.calibration import ReliabilityBin


class CellScores(TypedDict):
    """What :func:`score` tells of the decisions of one cell.

    ``in_domain`` are the sources that have given training patches; ``scores`` {source: {kind of calibration: figures}};
    ``reliability`` {source: rows}, of the softmax; ``attack_steps`` {source: rows of steps, accuracy, confidence,
    count} (Figure 3 of AICL's paper); ``sums`` {source: {kind: sums per structure}}, of which
    :mod:`crackpipe.measures.bootstrap` makes intervals.
    """

    in_domain: list[str]
    scores: dict[str, dict[str, dict[str, float | None]]]
    reliability: dict[str, list[ReliabilityBin]]
    attack_steps: dict[str, list[dict[str, float]]]
    sums: dict[str, dict[str, Float64[np.ndarray, "g k"]]]


def score(decisions: pd.DataFrame, structures: Mapping[str, str]) -> CellScores:
    """Score what a classifier has decided on the test patches of each source, with each post-hoc calibration.

    Args:
        decisions: rows of the table :data:`crackpipe.files.schemas.DECISIONS`; the calibrators are fitted to those of
            validation.
        structures: photo_id → the structure that it shows.

    Raises:
        ModelError: the validation patches are of one class.
    """
    validated = decisions[decisions["split"] == "val"]
    logits, labels = _logits(validated), validated["label"].to_numpy()
    calibrators = {kind: calibrator.fit(kind, logits, labels, where="calibrate.train_on") for kind in calibrator.KINDS}
    tested = decisions[decisions["split"] == "test"]
    in_domain = sorted(set(tested["source"][tested["in_domain"]]))
    tree = CellScores(in_domain=in_domain, scores={}, reliability={}, attack_steps={}, sums={})
    for name, part in tested.groupby("source"):
        source = str(name)
        truth = part["label"].to_numpy(np.int64)
        crack = {kind: fitted.crack_probability(_logits(part)) for kind, fitted in calibrators.items()}
        tree["scores"][source] = {kind: classification.scores(truth, crack[kind]) for kind in crack}
        names, group = np.unique([structures[photo] for photo in part["photo_id"]], return_inverse=True)
        tree["sums"][source] = {kind: bootstrap.sums(truth, crack[kind], group, count=len(names)) for kind in crack}
        tree["reliability"][source] = calibration.reliability(truth, crack["none"])
        tree["attack_steps"][source] = _by_steps(part["steps"].to_numpy(np.int64), truth == 1, crack["none"])
    return tree


def _logits(decisions: pd.DataFrame) -> Float32[np.ndarray, "n 2"]:
    return decisions[["logit_none", "logit_crack"]].to_numpy(np.float32)


def _by_steps(
    kappa: Int64[np.ndarray, "n"], truth: Bool[np.ndarray, "n"], crack: Float[np.ndarray, "n"]
) -> list[dict[str, float]]:
    """Accuracy and mean confidence of the decisions that survive each number of steps."""
    right, confidence = (crack > 0.5) == truth, np.maximum(crack, 1 - crack)

    def row(steps: int, alike: Shaped[np.ndarray, "n"]) -> dict[str, float]:
        figures = {"accuracy": float(right[alike].mean()), "confidence": float(confidence[alike].mean())}
        return {"steps": steps, **figures, "count": int(alike.sum())}

    return [row(int(steps), kappa == steps) for steps in np.unique(kappa)]
