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

    levels: UInt8[np.ndarray, "..."]
    note: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """How samples of one type are brought to 8 bits.

    Attributes:
        scale: factor; ``None`` stretches ``low`` to 0 and ``high`` to 255.
        low, high: percentiles of the samples that the rule was made of.
    """

    scale: float | None
    low: float = 0.0
    high: float = 255.0

    def levels(self, samples: Shaped[np.ndarray, "*s"]) -> UInt8[np.ndarray, "*s"]:
        """Bring samples of that type to 8 bits; those that are not finite become 0."""
        if samples.dtype == bool:
            return samples * np.uint8(255)
        if samples.dtype == np.uint8:
            return samples
        if self.scale is None:
            width = self.high - self.low or 1.0
            values = np.nan_to_num(samples.astype(np.float64), nan=self.low, posinf=self.high, neginf=self.low)
            return np.rint(np.clip((values - self.low) / width, 0, 1) * 255).astype(np.uint8)
        if samples.dtype.kind == "f":
            kept = np.clip(np.nan_to_num(samples), 0, 255 / self.scale)
            return np.rint(kept * self.scale).astype(np.uint8)
        return np.minimum(samples // round(1 / self.scale), 255).astype(np.uint8)


def to_eight_bits(samples: Shaped[np.ndarray, "*s"], inside: Bool[np.ndarray, "_h _w"] | None) -> EightBits:
    """Bring samples (h, w) or (h, w, c) to 8 bits, after the rule above; samples that are not finite become 0.

    Raises:
        PhotoError: no sample is finite and inside, or they are no real numbers.
    """
    rule = rule_of(samples, inside)
    levels = rule.levels(samples)
    if samples.dtype in (bool, np.uint8):
        return EightBits(levels, "", True)
    kind = "float" if samples.dtype.kind == "f" else f"{samples.dtype.itemsize * 8} bits"
    if rule.scale is None:
        percentiles = f"({_LOW:g} to {_HIGH:g} percentile)"
        return EightBits(levels, f"{kind}, stretched from {rule.low:g}–{rule.high:g} to 0–255 {percentiles}", False)
    if samples.dtype.kind == "f":
        whole = bool(np.array_equal(levels / samples.dtype.type(rule.scale), samples))
        return EightBits(levels, f"{kind}, values 0 to {255 / rule.scale:g} read as levels 0 to 255", whole)
    divisor = round(1 / rule.scale)
    whole = bool(np.array_equal(levels.astype(samples.dtype) * divisor, samples))
    return EightBits(levels, f"{kind}, levels {samples.min()}–{samples.max()} divided by {divisor}", whole)


def rule_of(samples: Shaped[np.ndarray, "*s"], inside: Bool[np.ndarray, "_h _w"] | None) -> Rule:
    """Choose the rule for samples (h, w) or (h, w, c): of a whole picture, or evenly spaced ones of a large one.

    Raises:
        PhotoError: no sample is finite and inside, or they are no real numbers.
    """
    if samples.dtype in (bool, np.uint8):
        return Rule(1.0)
    if samples.dtype.kind not in "uif":
        raise PhotoError(f"its samples are of type {samples.dtype}, expected whole numbers or floats; save it as TIFF")
    counted = (samples if inside is None else samples[inside]).ravel()
    counted = counted[:: max(1, counted.size // _COUNTED)]
    counted = counted[np.isfinite(counted)]
    if not counted.size:
        raise PhotoError("none of its samples is a finite number; there is nothing to look at")
    low, high = (float(level) for level in np.percentile(counted, [_LOW, _HIGH], method="nearest"))
    top = samples.max() if samples.dtype.kind != "f" else high
    scale = _scale(samples.dtype, low, high, float(top))
    return Rule(None, low, high) if scale is None or (high - low) * scale < _FLAT else Rule(scale, low, high)


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
