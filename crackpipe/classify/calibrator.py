"""Post-hoc calibration: functions from a classifier's logits to probabilities, fitted to validation patches.

All are functions of the margin, the crack class's logit less the other's. A temperature leaves the ranking of patches
as it is; isotonic steps make some of them equal; Platt's slope is negative, and turns the ranking round, where
validation patches are ranked the wrong way.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Float64, Integer
from scipy import optimize
from scipy.special import expit

from crackpipe.errors import ModelError

Kind = Literal["none", "temperature", "platt", "isotonic"]
KINDS: tuple[Kind, ...] = ("none", "temperature", "platt", "isotonic")

LEAST, MOST = 0.01, 100.0  # of a temperature: where validation is separable, none is low enough


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Probability of crack as a function of the margin m.

    Attributes:
        kind: ``none`` and ``temperature``: ``sigmoid(slope · m)``; ``platt``: ``sigmoid(slope · m + offset)``;
            ``isotonic``: linear between ``margins``, where it is ``probabilities``, and constant beyond.
    """

    kind: Kind = "none"
    slope: float = 1.0
    offset: float = 0.0
    margins: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()

    def crack_probability(self, logits: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n"]:
        """Probability of crack, in float64: in float32 all margins above 17 would be equally sure."""
        margin = _margin(logits)
        if self.kind != "isotonic":
            return np.asarray(expit(self.slope * margin + self.offset))
        return np.interp(margin, self.margins, self.probabilities)

    def card(self) -> dict[str, Any]:
        """Describe the calibrator by plain values, for the model's JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def from_card(card: dict[str, Any]) -> Calibrator:
    """Rebuild the calibrator that :meth:`Calibrator.card` has described."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in card.items()}
    return Calibrator(**values)


def fit(kind: Kind, logits: Float[np.ndarray, "n 2"], labels: Integer[np.ndarray, "n"], *, where: str) -> Calibrator:
    """Fit a calibrator to validation patches.

    ``temperature``: Guo et al., "On Calibration of Modern Neural Networks" (2017), section 4.2: one slope that lowers
    the negative log likelihood most, by L-BFGS. ``platt``: Platt, "Probabilistic Outputs for Support Vector Machines"
    (1999): slope and offset, the targets drawn in by one patch. ``isotonic``: Zadrozny and Elkan (2002): a rising
    function by pooling adjacent violators; it keeps 1 / (n + 2) from 0 and 1, or one mistake would cost without end.

    Args:
        kind: of calibrator; ``none`` is the softmax.
        logits: (n, 2) of no crack and crack.
        labels: (n,) 1 crack, 0 none.
        where: names the parameter in the error.

    Raises:
        ModelError: as :func:`check` does.
    """
    check(kind, labels, where=where)
    if kind == "none":
        return Calibrator()
    margin, crack = _margin(logits), labels.astype(np.float64)
    if kind == "temperature":
        return Calibrator(kind, slope=1 / _temperature(margin, crack))
    if kind == "platt":
        slope, offset = _platt(margin, crack)
        return Calibrator(kind, slope=slope, offset=offset)
    return _isotonic(margin, crack)


def check(kind: Kind, labels: Integer[np.ndarray, "n"], *, where: str) -> None:
    """Check that a calibrator can be fitted to patches with these labels: before a training, not after it.

    Args:
        kind: of calibrator; ``none`` needs no patch.
        labels: (n,) of the validation patches, 1 crack, 0 none.
        where: names the parameter in the error.

    Raises:
        ModelError: there is no patch, or patches of one class only, from which the other cannot be calibrated.
    """
    if kind != "none" and len(np.unique(labels)) < 2:
        raise ModelError(
            f"{where}: {kind} calibration is fitted to validation patches, but the {len(labels)} there are do not show "
            "both classes; give ingest.sources a split with validation photographs of both"
        )


def _margin(logits: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n"]:
    return logits[:, 1].astype(np.float64) - logits[:, 0].astype(np.float64)


def _temperature(margin: Float64[np.ndarray, "n"], crack: Float64[np.ndarray, "n"]) -> float:
    def loss(log: Float64[np.ndarray, "1"]) -> tuple[float, Float64[np.ndarray, "1"]]:
        scaled = margin * np.exp(-log[0])
        value, slope = _nll(scaled, crack)
        return value, np.array([-np.mean(slope * scaled)])

    (log,) = _minimise(loss, np.zeros(1))
    return float(np.clip(np.exp(log), LEAST, MOST))


def _platt(margin: Float64[np.ndarray, "n"], crack: Float64[np.ndarray, "n"]) -> tuple[float, float]:
    positive, negative = float(crack.sum()), float((1 - crack).sum())
    target = np.where(crack == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    spread = max(float(margin.std(ddof=1)), 1e-6)
    scaled = margin / spread

    def loss(values: Float64[np.ndarray, "2"]) -> tuple[float, Float64[np.ndarray, "2"]]:
        value, slope = _nll(values[0] * scaled + values[1], target)
        return value, np.array([np.mean(slope * scaled), np.mean(slope)])

    slope, offset = _minimise(loss, np.zeros(2))
    return slope / spread, offset


def _isotonic(margin: Float64[np.ndarray, "n"], crack: Float64[np.ndarray, "n"]) -> Calibrator:
    """Pool adjacent violators; of margins with equal probabilities the ends alone are kept."""
    margins, index, counts = np.unique(margin, return_inverse=True, return_counts=True)
    least = 1 / (len(margin) + 2)
    shares = np.bincount(index, weights=crack) / counts
    rising = optimize.isotonic_regression(shares, weights=counts).x.clip(least, 1 - least)
    same = rising[1:] == rising[:-1]
    ends = ~np.append(False, same) | ~np.append(same, False)
    return Calibrator("isotonic", margins=_plain(margins[ends]), probabilities=_plain(rising[ends]))


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _nll(margin: Float64[np.ndarray, "n"], target: Float64[np.ndarray, "n"]) -> tuple[float, Float64[np.ndarray, "n"]]:
    """Mean negative log likelihood of the targets, and the derivative of each term."""
    return float(np.mean(np.logaddexp(0, margin) - target * margin)), expit(margin) - target


def _minimise(loss: Callable[[Any], tuple[float, np.ndarray]], start: Float64[np.ndarray, "p"]) -> list[float]:
    """Find the minimum of a function that has one, and comes with its gradient, by L-BFGS."""
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9})
    return [float(value) for value in found.x]
