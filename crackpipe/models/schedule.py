"""Learning-rate schedules."""

import math


def warmup_cosine(step: int, *, peak: float, warmup_steps: int, steps: int) -> float:
    """Learning rate of a step: a linear rise to ``peak``, then a cosine down to 0.

    Args:
        step: from 0.
        peak: highest learning rate; 1 gives factors.
        warmup_steps: steps of the rise, of which the last has the highest rate; 0 leaves it out.
        steps: of the whole training; later ones have the rate 0.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup_steps) / max(1, steps - warmup_steps))))
