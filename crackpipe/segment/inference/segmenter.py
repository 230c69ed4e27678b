"""Any trained segmenter behind one function, and its run over a photograph of any size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import UInt8

from crackpipe.imaging import detail, images
from crackpipe.segment.inference import darkening, octaves, scale_choice, tiles

NEAR = 0.5  # of the strongest confidence: pixels that choose the darkness
BILATERAL_PX, BILATERAL_SIGMA = 5, 120.0  # as in König et al.'s dark map


@dataclass(frozen=True, slots=True)
class Inference:
    """Settings of a segmenter's run over a photograph.

    Attributes:
        side_px: ``None`` runs the photograph at its own size, in tiles where it is large; a number squeezes it to a
            square of that side first, as CrackCLIP does.
        tile_px, overlap_px, flips: see :func:`tiles.predict`. ``side_px`` and ``tile_px`` are rounded up to the
            segmenter's multiple.
        scales, crack_min_px, crack_max_px: factors on the photograph's size; of several those are averaged at which
            its cracks are so wide, see :mod:`crackpipe.segment.inference.scale_choice`.
        octaves_px: in place of ``scales`` the largest of them (of what is detail in the photograph, see
            :mod:`crackpipe.imaging.detail`), halved until its shorter side is under twice so many pixels; each crack is
            averaged over the neighbouring sizes that are surest of it, see
            :mod:`crackpipe.segment.inference.octaves`.
        dark_share, dark_softness: see :func:`darkening.darkened`; a share of 0 leaves it out.
        erosions: 3×3 grey erosions of the result.
    """

    side_px: int | None
    tile_px: int
    overlap_px: int
    flips: int
    scales: Sequence[float]
    octaves_px: int | None
    crack_min_px: float
    crack_max_px: float
    dark_share: float
    dark_softness: float
    erosions: int


@dataclass(frozen=True, slots=True)
class Segmenter:
    """A trained segmenter of any kind, ready to run.

    Attributes:
        predict: RGB levels 0–255 (b, h, w, 3) to confidences in [0, 1] (b, h, w).
        multiple_px: heights and widths of its inputs are multiples of it.
    """

    predict: tiles.Predict
    multiple_px: int


def segment(
    image: UInt8[np.ndarray, "h w 3"],
    segmenter: Segmenter,
    settings: Inference,
    *,
    what: str | None,
) -> UInt8[np.ndarray, "h w"]:
    """Crack confidence of each pixel, 0–255.

    Args:
        image: RGB, 0–255, any size.
        segmenter: from :mod:`.torch_engine` or :mod:`.onnx_engine`.
        settings: of the run.
        what: name of the progress bar of a large photograph, see :func:`tiles.predict`; ``None``: no bar.

    Raises:
        ParamsError: a setting is out of its range.
    """
    height, width = image.shape[:2]
    tile_px = _rounded(settings.tile_px, segmenter.multiple_px)
    resized = image
    if settings.side_px is not None:
        resized = images.squeezed(image, side_px=_rounded(settings.side_px, segmenter.multiple_px))
    run = partial(
        tiles.predict,
        resized,
        segmenter.predict,
        tile_px=tile_px,
        overlap_px=settings.overlap_px,
        multiple_px=segmenter.multiple_px,
        flips=settings.flips,
        batch_px=tile_px**2,
        what=what,
    )
    levels = _at_scales(run, settings) if settings.octaves_px is None else _at_octaves(run, settings, resized)
    levels = images.resize(levels, height=height, width=width, method="linear")
    if settings.dark_share:
        levels = darkening.darkened(
            image,
            levels,
            share=settings.dark_share,
            near=NEAR,
            softness=settings.dark_softness,
            bilateral_px=BILATERAL_PX,
            bilateral_sigma=BILATERAL_SIGMA,
        )
    return images.erode(levels, times=settings.erosions)


def _at_scales(run: Callable[..., UInt8[np.ndarray, "_h _w"]], settings: Inference) -> UInt8[np.ndarray, "_h _w"]:
    """The mean map over the scales that suit the photograph; ``run(scale=…)`` gives the map at one of them."""
    scales = settings.scales
    maps = {scale: run(scale=scale) for scale in scale_choice.look(scales)}
    if len(scales) == 1:
        return maps[scales[0]]
    width_px = scale_choice.crack_width_px(scale_choice.mean(list(maps.values())))
    suiting = scale_choice.choose(scales, width_px=width_px, min_px=settings.crack_min_px, max_px=settings.crack_max_px)
    return scale_choice.mean([maps[scale] if scale in maps else run(scale=scale) for scale in suiting])


def _at_octaves(
    run: Callable[..., UInt8[np.ndarray, "_h _w"]], settings: Inference, image: UInt8[np.ndarray, "_h _w 3"]
) -> UInt8[np.ndarray, "_h _w"]:
    """The map put together from halved sizes; ``run(scale=…)`` gives the map at one of them."""
    finest = max(settings.scales) * detail.finest(image)
    factors = octaves.scales(*image.shape[:2], least_px=settings.octaves_px or 1, finest=finest)
    maps = [run(scale=factor) for factor in factors]
    return octaves.combined(maps)


def _rounded(side_px: int, multiple_px: int) -> int:
    """The least multiple that is not smaller: 32 px and 14 px tokens ask for other sides."""
    return -(-side_px // multiple_px) * multiple_px
