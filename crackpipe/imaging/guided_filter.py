"""Edge-preserving smoothing of a map by a guide (He, Sun and Tang 2013, Guided Image Filtering)."""

import numpy as np
from jaxtyping import Float


def guided_filter(
    prediction: Float[np.ndarray, "h w"], guide: Float[np.ndarray, "h w"], *, radius_px: int, eps: float
) -> Float[np.ndarray, "h w"]:
    """Let a map follow the edges of its guide: in each window it becomes the best line ``a · guide + b`` (eq. 4–8).

    Liu et al. (2019) refine the fused prediction of DeepCrack with its first side output as the guide; their published
    code binarises the prediction first and takes radius 5 and eps 0.01 on levels 0–255 (1.5e-7 on [0, 1]).

    Args:
        prediction: the map to refine, e.g. crack probabilities in [0, 1].
        guide: one channel on the pixels of the map, e.g. the first side output's probabilities or the grey photograph.
        radius_px: windows are squares of ``2 · radius_px + 1``, cut at the border.
        eps: penalty of steep lines, in squared units of the guide: edges of much less contrast than ``√eps`` are
            smoothed. Above 0.

    Returns:
        The refined map in the prediction's type; it may leave [0, 1] by a little near edges.
    """
    p, i = prediction.astype(np.float64), guide.astype(np.float64)
    mean_p, mean_i = _window_mean(p, radius_px), _window_mean(i, radius_px)
    covariance = _window_mean(i * p, radius_px) - mean_i * mean_p
    variance = _window_mean(i * i, radius_px) - mean_i * mean_i
    slope = covariance / (variance + eps)
    offset = mean_p - slope * mean_i
    refined = _window_mean(slope, radius_px) * i + _window_mean(offset, radius_px)
    return refined.astype(prediction.dtype)


def _window_mean(values: Float[np.ndarray, "h w"], radius_px: int) -> Float[np.ndarray, "h w"]:
    """Mean over the part of each pixel's window that lies inside, in the same time for every radius."""
    for _axis in range(2):
        count = values.shape[0]
        start = np.maximum(np.arange(count) - radius_px, 0)
        stop = np.minimum(np.arange(count) + radius_px + 1, count)
        total = np.cumsum(np.pad(values, ((1, 0), (0, 0))), axis=0)
        values = ((total[stop] - total[start]) / (stop - start)[:, None]).T
    return values
