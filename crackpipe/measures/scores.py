"""Scores of lists of masks and of arrays of probabilities, each in one call."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, UInt8

from crackpipe.imaging import images
from crackpipe.imaging.crack_mask import Mask
from crackpipe.measures import segmentation
from crackpipe.measures.segmentation import Scores


def segmentation_scores(
    predictions: Iterable[Mask | npt.ArrayLike], truths: Iterable[npt.ArrayLike], *, tolerance_px: int = 0
) -> Scores:
    """ODS, OIS and AP of predicted masks against drawn ones, as the pipeline scores its segmenters.

    Args:
        predictions: of each photograph its mask, or an array (h, w): confidences in [0, 1] (float), levels from 0 to
            255 (uint8), or crack and no crack (bool).
        truths: of each photograph, in the same order, an array (h, w): True, 1 or 255 is crack, 0 is none.
        tolerance_px: distance up to which a predicted pixel counts as right; 0 compares pixel with pixel.

    Returns:
        ``ods``, ``ois`` and ``ap``, each in [0, 1], and more; see :class:`crackpipe.measures.segmentation.Scores`.

    Raises:
        ValueError: there are more of one than of the other, or none; a prediction and its truth differ in size; an
            array has other values than those above.

    Examples:
        >>> import crackpipe
        >>> truth = [[0, 1, 0], [0, 1, 0]]
        >>> scores = crackpipe.segmentation_scores([[[0.1, 0.8, 0.0], [0.2, 0.9, 0.0]]], [truth])
        >>> scores.ods, scores.ois, scores.ap
        (1.0, 1.0, 1.0)
    """
    predicted, drawn = list(predictions), list(truths)
    if len(predicted) != len(drawn):
        raise ValueError(f"{len(predicted)} predictions, but {len(drawn)} truths; give one truth for each prediction")
    counts = []
    for index, (prediction, truth) in enumerate(zip(predicted, drawn, strict=True)):
        levels, crack = _levels(prediction, index=index), _truth(truth, index=index)
        if levels.shape != crack.shape or levels.ndim != 2:
            raise ValueError(
                f"predictions[{index}] has shape {levels.shape} and truths[{index}] has {crack.shape}, but both must "
                "be the photograph's (height, width); resize the prediction to the truth"
            )
        if tolerance_px:
            counts.append(segmentation.count_tolerant(levels, crack, tolerance_px=tolerance_px))
        else:
            counts.append(segmentation.count(levels, crack))
    return segmentation.score(counts)


def ece(probabilities: npt.ArrayLike, labels: npt.ArrayLike, *, bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017): mean gap between confidence and accuracy, in [0, 1].

    Args:
        probabilities: (n,) of the class crack, in [0, 1].
        labels: (n,) 1 is crack, 0 is none.
        bins: bins of equal width by the confidence of the decision; the literature uses 15.

    Raises:
        ValueError: probabilities and labels differ in length, are empty or out of range, or ``bins`` is below 1.

    Examples:
        >>> import crackpipe
        >>> error = crackpipe.ece([0.9, 0.9, 0.9, 0.1], [1, 1, 0, 0])  # sure to 0.9, right in 3 of 4
        >>> round(error, 4)
        0.15
    """
    from crackpipe.measures import calibration  # loads torch

    return calibration.expected_calibration_error(np.asarray(labels), np.asarray(probabilities, np.float64), bins=bins)


def _levels(prediction: Mask | npt.ArrayLike, *, index: int) -> UInt8[np.ndarray, "..."]:
    if isinstance(prediction, Mask):
        return prediction.confidence
    array = np.asarray(prediction)
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    inside = np.issubdtype(array.dtype, np.floating) and bool(((array >= 0) & (array <= 1)).all())
    if not inside:  # a NaN compares false
        raise ValueError(
            f"predictions[{index}]: {array.dtype} from {array.min()} to {array.max()}; expected confidences from 0.0 "
            "to 1.0, uint8 levels from 0 to 255, or bool"
        )
    return images.to_levels(array.astype(np.float32))


def _truth(truth: npt.ArrayLike, *, index: int) -> Bool[np.ndarray, "..."]:
    array = np.asarray(truth)
    values = set(np.unique(array).tolist())
    if not (values <= {0, 1} or values <= {0, 255}):
        raise ValueError(
            f"truths[{index}]: holds {sorted(values)[:4]}{' …' if len(values) > 4 else ''}; expected two values, 0 for "
            "no crack and 1, 255 or True for crack; binarise it first"
        )
    return array > 0
