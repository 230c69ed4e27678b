"""CrackCLIP's loss straight from the logits of a token grid, with its gradient, in two passes over the pixels.

:func:`adapter_loss` is :func:`crackpipe.segment.losses.adapter_loss` of the upsampled logits' sigmoid. On a processor
pixels are upsampled row by row, scored and added back to the cells that they came from; no map of the photograph's
size is kept. Exponential and logarithm are polynomials: both passes run on vector units.
"""

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from numpy.polynomial import Chebyshev, Polynomial
from torch import Tensor

from crackpipe.compute import compiled
from crackpipe.segment import losses
from crackpipe.segment.adapters.network import combined, upsampled

Side = tuple[Int64[np.ndarray, "starts"], Float32[np.ndarray, "n"]]  # first pixel above each cell's middle, shares


@dataclass(frozen=True, slots=True)
class LossSettings:
    """Settings of the adapters' loss.

    Attributes:
        focal_weight, dice_weight, edge_weight: of the three parts.
        focal_alpha, focal_gamma: see :func:`crackpipe.segment.losses.focal`.
        dice: see :func:`crackpipe.segment.losses.dice`.
        loss_on: ``stages``, the sum of the losses of the stages' maps (APRIL-GAN's code), or ``map``, the loss of their
            mean: S of the paper divided by the number of stages, as a sum above 1 is no probability.
    """

    focal_weight: float
    dice_weight: float
    edge_weight: float
    focal_alpha: float
    focal_gamma: float
    dice: losses.Dice
    loss_on: Literal["stages", "map"]


def _polynomial(function: Any, *, degree: int, low: float, high: float) -> tuple[np.float32, ...]:
    """Coefficients, lowest power first, of the polynomial that meets a function in the Chebyshev points."""
    fit = Chebyshev.interpolate(function, degree, domain=[low, high]).convert(kind=Polynomial)
    return tuple(np.float32(coefficient) for coefficient in fit.coef)


GAMMA = 2.0  # of the focal loss in the compiled code
SQUARED_SMOOTH = 1e-6  # losses.EPS; here, as compiled code keeps this file's
CRACK, EDGE = 1, 2  # marks of a pixel; 0 is none of both, an edge is crack too
ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
LN2, LOG2E = np.float32(np.log(2)), np.float32(1 / np.log(2))
LEAST = np.float32(-87)  # below it exp() is no normal float32
SURE, LOG_SURE = np.float32(1e-6), np.float32(np.log(1e-6))  # losses.EPS; here, as compiled code keeps this file's
EXPONENT_BITS, EXPONENT_BIAS = np.int32(23), np.int32(127)
E0, E1, E2, E3, E4, E5, E6 = _polynomial(np.exp, degree=6, low=-np.log(2) / 2, high=np.log(2) / 2)
L0, L1, L2, L3, L4, L5, L6, L7, L8, L9 = _polynomial(np.log1p, degree=9, low=0, high=1)


def adapter_loss(
    grids: Sequence[Float[Tensor, "b _r _k"]],
    label: Float[Tensor, "b h w"],
    *,
    settings: LossSettings,
) -> Float[Tensor, ""]:
    """Focal + dice + edge of each stage's map, or of the map that these make together (CrackCLIP, section 3.4).

    Args:
        grids: of each stage, logit of crack minus logit of normal in each cell.
        label: 0 or 1, of the pixels that the grids are upsampled to.
        settings: of the loss.
    """
    weights = settings.focal_weight * settings.focal_alpha, settings.dice_weight, settings.edge_weight
    if label.device.type == "cpu" and settings.focal_gamma == GAMMA and settings.loss_on == "stages":
        loss: Tensor = _FusedLoss.apply(label, weights, settings.dice == "squared", *grids)
        return loss
    height, width = label.shape[1:]
    maps = [torch.sigmoid(upsampled(grid, height=height, width=width)) for grid in grids]
    if settings.loss_on == "map":
        maps = [combined(maps, combine="mean")]
    return losses.adapter_loss(
        maps,
        label,
        focal_weight=settings.focal_weight,
        dice_weight=settings.dice_weight,
        edge_weight=settings.edge_weight,
        focal_alpha=settings.focal_alpha,
        focal_gamma=settings.focal_gamma,
        dice_kind=settings.dice,
    )


class _FusedLoss(torch.autograd.Function):
    """The loss, whose gradient is computed with its value."""

    @staticmethod
    def forward(ctx: Any, label: Tensor, weights: tuple[float, float, float], squared: bool, *grids: Tensor) -> Tensor:
        marks = np.empty(label.shape, np.uint8)
        edges = _mark(label.contiguous().numpy(), marks)
        pixels, count = marks.size, len(marks)
        shares = weights[0] / pixels, weights[1] / count, weights[2] / edges if edges else 0.0
        rows, cols = label.shape[1:]

        def score(grid: Tensor) -> tuple[float, Tensor]:
            cells = np.ascontiguousarray(grid.detach().float().numpy())
            slope = np.zeros_like(cells)
            sides = _side(cells.shape[1], rows), _side(cells.shape[2], cols)
            value = _score(cells, marks, *sides, shares, squared, slope)
            return value, torch.from_numpy(slope).to(grid.dtype)

        values, slopes = zip(*_pool(torch.get_num_threads()).map(score, grids), strict=True)
        ctx.save_for_backward(*slopes)
        constant = len(grids) * weights[2] if edges else 0.0
        return torch.tensor(sum(values) + constant, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, None, *(above[0] * slope for slope in ctx.saved_tensors)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that stay: new ones would cost as much as a stage's loss."""
    return ThreadPoolExecutor(threads)


def _side(cells: int, length: int) -> Side:
    """Position of a side's pixels between its cells (half-pixel centres).

    Returns:
        The first pixel that lies between each cell and the next one, and the length; the share of that next cell in
        each pixel's value, in [0, 1). The last cell has no next one and takes the share itself.
    """
    position = np.maximum((np.arange(length) + 0.5) * cells / length - 0.5, 0)
    below = np.minimum(position.astype(np.int64), cells - 1)
    return np.searchsorted(below, np.arange(cells + 1)), (position - below).astype(np.float32)


@compiled.function
def _mark(label: Float32[np.ndarray, "b h w"], marks: UInt8[np.ndarray, "b h w"]) -> int:
    """Mark cracks and their edges (see :func:`losses.label_edges`); return the number of edge pixels."""
    count, height, width = label.shape
    edges = 0
    for n in range(count):
        for row in range(height):
            for col in range(width):
                marks[n, row, col] = 0
                if label[n, row, col] > 0.5:
                    marks[n, row, col] = CRACK
                    for down in range(max(row - 1, 0), min(row + 2, height)):
                        for right in range(max(col - 1, 0), min(col + 2, width)):
                            if label[n, down, right] <= 0.5:
                                marks[n, row, col] = EDGE
                    edges += marks[n, row, col] == EDGE
    return edges


@compiled.reordered
def _score(
    grids: Float32[np.ndarray, "b r k"],
    marks: UInt8[np.ndarray, "b h w"],
    rows: Side,
    cols: Side,
    shares: tuple[float, float, float],
    squared: bool,
    slopes: Float32[np.ndarray, "b r k"],
) -> float:
    """Loss of one stage without the edges' constant; ``slopes``, zeros, become its gradient.

    Args:
        rows, cols: see :func:`_side`.
        shares: weight of each pixel's focal loss, of each photograph's dice loss, and of each edge pixel.
        squared: whether the dice loss divides by sums of squares.
    """
    height, width = marks.shape[1:]
    focal_slope, spread = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    probability = np.empty((height, width), np.float32)
    total = 0.0
    for n in range(len(marks)):
        found = _photograph(grids[n], marks[n], rows, cols, focal_slope, spread, probability)
        focal, both, cracks, squares, edge = found
        smooth = SQUARED_SMOOTH if squared else 1.0
        union = (squares if squared else cracks) + (marks[n] > 0).sum() + smooth
        overlap = (2 * both + (0.0 if squared else 1.0)) / union
        total += shares[0] * focal + shares[1] * (1 - overlap) - shares[2] * edge
        everywhere, on_crack = shares[1] * overlap / union, -2 * shares[1] / union
        for row in range(height):
            for col in range(width):
                mark = marks[n, row, col]
                pull = np.float32(everywhere) * (TWO * probability[row, col] if squared else ONE)
                pull += np.float32(on_crack) if mark > 0 else ZERO
                pull -= np.float32(shares[2]) if mark == EDGE else ZERO
                focal_slope[row, col] = np.float32(shares[0]) * focal_slope[row, col] + pull * spread[row, col]
        _gather(focal_slope, rows, cols, slopes[n])
    return total


@compiled.reordered
def _photograph(
    grid: Float32[np.ndarray, "r k"],
    marks: UInt8[np.ndarray, "h w"],
    rows: Side,
    cols: Side,
    focal_slope: Float32[np.ndarray, "h w"],
    spread: Float32[np.ndarray, "h w"],
    probability: Float32[np.ndarray, "h w"],
) -> tuple[float, float, float, float, float]:
    """Sums over a photograph: focal loss, confidence on cracks, confidence, its squares, confidence on edges.

    Fills ``focal_slope``, derivative of the focal loss by each pixel's logit, ``spread``, p (1 − p), and
    ``probability``, p.
    """
    height, width = marks.shape
    line, logit = np.empty(grid.shape[1], np.float32), np.empty(width, np.float32)
    focal, both, cracks, squares, edge = 0.0, 0.0, 0.0, 0.0, 0.0  # in float64, row by row
    below = 0
    for row in range(height):
        while row >= rows[0][below + 1]:
            below += 1
        after = min(below + 1, len(grid) - 1)
        for j in range(len(line)):
            line[j] = grid[below, j] + rows[1][row] * (grid[after, j] - grid[below, j])
        for j in range(len(line)):
            step = line[min(j + 1, len(line) - 1)] - line[j]
            for col in range(cols[0][j], cols[0][j + 1]):
                logit[col] = line[j] + cols[1][col] * step
        row_focal, row_both, row_cracks, row_squares, row_edge = ZERO, ZERO, ZERO, ZERO, ZERO
        for col in range(width):
            crack = marks[row, col] > 0
            right = logit[col] if crack else -logit[col]  # logit of the true class
            small = max(-abs(right), LEAST)
            power = np.floor(small * LOG2E + HALF)
            rest = small - power * LN2
            e = E0 + rest * (E1 + rest * (E2 + rest * (E3 + rest * (E4 + rest * (E5 + rest * E6)))))
            e *= np.int32((np.int32(power) + EXPONENT_BIAS) << EXPONENT_BITS).view(np.float32)  # exp(−|logit|)
            log = L5 + e * (L6 + e * (L7 + e * (L8 + e * L9)))
            log = L0 + e * (L1 + e * (L2 + e * (L3 + e * (L4 + e * log))))  # log(1 + exp(−|logit|))
            likely = ONE / (ONE + e)
            unlikely = e * likely
            true_class = likely if right >= ZERO else unlikely
            other_class = unlikely if right >= ZERO else likely
            log = max(min(right, ZERO) - log, LOG_SURE)
            row_focal -= other_class * other_class * log
            slope = other_class * other_class * (TWO * true_class * log - other_class)
            slope = slope if true_class > SURE else ZERO
            focal_slope[row, col] = slope if crack else -slope
            spread[row, col] = likely * unlikely
            p = true_class if crack else other_class
            probability[row, col] = p
            row_cracks += p
            row_squares += p * p
            row_both += true_class if crack else ZERO
            row_edge += true_class if marks[row, col] == EDGE else ZERO
        focal += np.float64(row_focal)
        both += np.float64(row_both)
        cracks += np.float64(row_cracks)
        squares += np.float64(row_squares)
        edge += np.float64(row_edge)
    return focal, both, cracks, squares, edge


@compiled.reordered
def _gather(slope: Float32[np.ndarray, "h w"], rows: Side, cols: Side, slopes: Float32[np.ndarray, "r k"]) -> None:
    """Add each pixel's derivative to the cells that it was upsampled from."""
    line = np.empty(slopes.shape[1], np.float32)
    last_row, last_col = slopes.shape[0] - 1, slopes.shape[1] - 1
    below = 0
    for row in range(len(slope)):
        line[:] = ZERO
        for j in range(len(line)):
            whole, upper = ZERO, ZERO
            for col in range(cols[0][j], cols[0][j + 1]):
                whole += slope[row, col]
                upper += slope[row, col] * cols[1][col]
            line[j] += whole - upper
            line[min(j + 1, last_col)] += upper
        while row >= rows[0][below + 1]:
            below += 1
        for j in range(len(line)):
            slopes[below, j] += (ONE - rows[1][row]) * line[j]
            slopes[min(below + 1, last_row), j] += rows[1][row] * line[j]
