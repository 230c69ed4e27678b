"""Post-hoc calibration: functions from a classifier's logits to probabilities, fitted to validation patches.

All are functions of the margin, the crack class's logit less the other's. A temperature leaves the ranking of patches
as it is; isotonic steps make some of them equal; Platt's slope is negative, and turns the ranking round, where
validation patches are ranked the wrong way.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

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

    def crack_probability(self, logits: Float[Tensor, "n 2"]) -> Float64[Tensor, "n"]:
        """Probability of crack, on the device of ``logits``.

        It is in float64: in float32 all margins above 17 would be equally sure.
        """
        margin = logits[:, 1].double() - logits[:, 0].double()
        if self.kind != "isotonic":
            return torch.sigmoid(self.slope * margin + self.offset)
        probability = np.interp(margin.cpu().numpy(), self.margins, self.probabilities)
        return torch.from_numpy(probability).to(logits.device)

    def card(self) -> dict[str, Any]:
        """Describe the calibrator by plain values, for the model's JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def from_card(card: dict[str, Any]) -> Calibrator:
    """Rebuild the calibrator that :meth:`Calibrator.card` has described."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in card.items()}
    return Calibrator(**values)


def fit(kind: Kind, logits: Float[Tensor, "n 2"], labels: Int[Tensor, "n"], *, where: str) -> Calibrator:
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
    margin, crack = (logits[:, 1].double() - logits[:, 0].double()).cpu(), labels.cpu().double()
    if kind == "temperature":
        return Calibrator(kind, slope=1 / _temperature(margin, crack))
    if kind == "platt":
        slope, offset = _platt(margin, crack)
        return Calibrator(kind, slope=slope, offset=offset)
    return _isotonic(margin.numpy(), crack.numpy())


def check(kind: Kind, labels: Int[Tensor, "n"], *, where: str) -> None:
    """Check that a calibrator can be fitted to patches with these labels: before a training, not after it.

    Args:
        kind: of calibrator; ``none`` needs no patch.
        labels: (n,) of the validation patches, 1 crack, 0 none.
        where: names the parameter in the error.

    Raises:
        ModelError: there is no patch, or patches of one class only, from which the other cannot be calibrated.
    """
    if kind != "none" and len(labels.unique()) < 2:
        raise ModelError(
            f"{where}: {kind} calibration is fitted to validation patches, but the {len(labels)} there are do not show "
            "both classes; give ingest.sources a split with validation photographs of both"
        )


def _temperature(margin: Float[Tensor, "n"], crack: Float[Tensor, "n"]) -> float:
    (log,) = _minimise(lambda values: _nll(margin * torch.exp(-values[0]), crack), torch.zeros(1).double())
    return float(np.clip(np.exp(log), LEAST, MOST))


def _platt(margin: Float[Tensor, "n"], crack: Float[Tensor, "n"]) -> tuple[float, float]:
    positive, negative = float(crack.sum()), float((1 - crack).sum())
    target = torch.where(crack == 1, (positive + 1) / (positive + 2), 1 / (negative + 2)).double()
    spread = float(margin.std().clamp(min=1e-6))
    scaled = margin / spread
    slope, offset = _minimise(lambda values: _nll(values[0] * scaled + values[1], target), torch.zeros(2).double())
    return slope / spread, offset


def _isotonic(margin: np.ndarray, crack: np.ndarray) -> Calibrator:
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(margin) + 2)
    steps = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(margin, crack)
    return Calibrator("isotonic", margins=_plain(steps.X_thresholds_), probabilities=_plain(steps.y_thresholds_))


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _nll(margin: Float[Tensor, "n"], target: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    return torch.nn.functional.binary_cross_entropy_with_logits(margin, target)


def _minimise(objective: Callable[[Tensor], Tensor], start: Float[Tensor, "p"]) -> list[float]:
    """Find the minimum of a convex function by L-BFGS with a strong Wolfe search, in double precision."""
    values = start.clone().requires_grad_(True)
    descent = torch.optim.LBFGS(
        [values], max_iter=200, tolerance_grad=1e-9, tolerance_change=1e-12, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        descent.zero_grad()
        result: Tensor = objective(values)
        result.backward()
        return result

    descent.step(closure)
    return [float(value) for value in values.detach()]
