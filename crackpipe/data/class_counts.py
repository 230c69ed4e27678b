"""Numbers of patches of the two classes."""

import numpy as np
from jaxtyping import Int

CLASSES = {"crack": 1, "crack-free": 0}


def count(labels: Int[np.ndarray, "n"]) -> dict[str, int]:
    """Count the patches of each class, crack and crack-free.

    Args:
        labels: 1 crack, 0 none.
    """
    return {name: int((labels == label).sum()) for name, label in CLASSES.items()}
