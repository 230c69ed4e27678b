"""From deeper samples to 8 bits, by one stated rule.

Whole numbers from 0: with ``bits`` the fewest, from 8, that hold the brightest sample, a level is divided by
2^(bits − 8). Should 99.9 % of the samples then lie below 64, ``bits`` are the fewest that hold these, and brighter ones
become 255. Floats from 0 to 1 are multiplied by 255, floats from 0 to 255 are rounded. If the samples between the 0.1
and the 99.9 percentile then lie within 32 levels, or if they are of another range, these percentiles become 0 and 255
instead. Samples outside the picture do not count.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Shaped, UInt8

from crackpipe.errors import PhotoError

_LOW, _HIGH = 0.1, 99.9  # percentiles: a few hot or dead pixels decide nothing
_DARK = 64  # levels: a picture below is read by its 99.9 percentile
_FLAT = 32  # levels that a picture spans at least
_COUNTED = 4_000_000  # samples of which percentiles are taken, evenly spaced


@dataclass(frozen=True, slots=True)
class EightBits:
    """Samples brought to 8 bits.

    Attributes:
        levels: of the samples' shape, 0–255.
        note: what was done; empty for 8 bits.
        whole: whether ``levels`` still tell every sample.
    """

    levels: UInt8[np.ndarray, "*s"]
    note: str
    whole: bool


def to_eight_bits(samples: Shaped[np.ndarray, "*s"], inside: Bool[np.ndarray, "_h _w"] | None) -> EightBits:
    """Bring samples (h, w) or (h, w, c) to 8 bits, after the rule above; samples that are not finite become 0.

    Raises:
        PhotoError: no sample is finite and inside, or they are no real numbers.
    """
    if samples.dtype == bool:
        return EightBits(samples * np.uint8(255), "", True)
    if samples.dtype == np.uint8:
        return EightBits(samples, "", True)
    if samples.dtype.kind not in "uif":
        raise PhotoError(f"its samples are of type {samples.dtype}, expected whole numbers or floats; save it as TIFF")
    counted = (samples if inside is None else samples[inside]).ravel()
    counted = counted[:: max(1, counted.size // _COUNTED)]
    counted = counted[np.isfinite(counted)]
    if not counted.size:
        raise PhotoError("none of its samples is a finite number; there is nothing to look at")
    low, high = (float(level) for level in np.percentile(counted, [_LOW, _HIGH], method="nearest"))
    top = samples.max() if samples.dtype.kind != "f" else high
    kind = "float" if samples.dtype.kind == "f" else f"{samples.dtype.itemsize * 8} bits"
    scale = _scale(samples.dtype, low, high, float(top))
    if scale is None or (high - low) * scale < _FLAT:
        return _stretched(samples, low, high, kind)
    if samples.dtype.kind == "f":
        levels = np.rint(np.clip(np.nan_to_num(samples), 0, 255 / scale) * scale).astype(np.uint8)
        whole = bool(np.array_equal(levels / samples.dtype.type(scale), samples))
        return EightBits(levels, f"{kind}, values 0 to {255 / scale:g} read as levels 0 to 255", whole)
    divisor = round(1 / scale)
    levels = np.minimum(samples // divisor, 255).astype(np.uint8)
    whole = bool(np.array_equal(levels.astype(samples.dtype) * divisor, samples))
    return EightBits(levels, f"{kind}, levels {samples.min()}–{top} divided by {divisor}", whole)


def _scale(kind: np.dtype, low: float, high: float, top: float) -> float | None:
    """Factor to 8 bits; ``None`` where the range is neither that of unsigned levels nor 0–1 nor 0–255."""
    if low < 0:
        return None
    if kind.kind == "f":
        return 255.0 if high <= 1 else 1.0 if high <= 255 else None
    bits = max(8, int(top).bit_length())
    if high / 2 ** (bits - 8) < _DARK:
        bits = max(8, int(high).bit_length())
    return 2.0 ** (8 - bits)


def _stretched(samples: Shaped[np.ndarray, "*s"], low: float, high: float, kind: str) -> EightBits:
    width = high - low or 1.0
    values = np.nan_to_num(samples.astype(np.float64), nan=low, posinf=high, neginf=low)
    levels = np.rint(np.clip((values - low) / width, 0, 1) * 255).astype(np.uint8)
    note = f"{kind}, stretched from {low:g}–{high:g} to 0–255 ({_LOW:g} to {_HIGH:g} percentile)"
    return EightBits(levels, note, False)
