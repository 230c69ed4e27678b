"""Round numbers along an axis."""

import math


def step(top: float, *, most: int) -> float:
    """Find the least of 1, 2, 2.5 and 5 times a power of ten that divides 0 to ``top`` into at most ``most`` parts.

    Args:
        top: end of the axis, above 0.
        most: parts, at least 1.
    """
    power = 10.0 ** math.floor(math.log10(top / most))
    return next(size * power for size in (1, 2, 2.5, 5, 10) if size * power * most >= top * (1 - 1e-9))


def ticks(top: float, *, most: int) -> list[float]:
    """Round numbers from 0 to the first that is not below ``top``."""
    apart = step(top, most=most)
    return [number * apart for number in range(math.ceil(top / apart - 1e-9) + 1)]
