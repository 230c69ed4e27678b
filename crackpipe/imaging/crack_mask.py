"""The mask of one photograph: a confidence for each pixel, and the pixels that it calls crack."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe.errors import CrackpipeError
from crackpipe.files import atomic
from crackpipe.imaging import images


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Confidence of each pixel of a photograph that it is crack.

    Attributes:
        confidence: (h, w) uint8; 0 is no crack, 255 is crack.
        threshold: share of 255, in (0, 1], from which ``crack()`` calls a pixel crack.

    Examples:
        >>> import numpy, crackpipe
        >>> mask = crackpipe.Mask(numpy.array([[0, 127, 128, 255]], numpy.uint8))
        >>> mask.crack().tolist()
        [[False, False, True, True]]
        >>> mask.crack(threshold=0.9).tolist()
        [[False, False, False, True]]
    """

    confidence: UInt8[np.ndarray, "h w"]
    threshold: float = 0.5

    def crack(self, threshold: float | None = None) -> Bool[np.ndarray, "h w"]:
        """Pixels whose confidence reaches a threshold.

        Args:
            threshold: share of 255, in (0, 1]; by default the mask's own.

        Returns:
            (h, w) bool; True is crack.

        Raises:
            ValueError: the threshold lies outside (0, 1].
        """
        share = self.threshold if threshold is None else threshold
        if not 0 < share <= 1:
            raise ValueError(f"threshold is {share}; expected a share of the full confidence, above 0 and at most 1")
        return images.at_least(self.confidence, share)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the confidences as a grey PNG; its folder is made where it is missing.

        Args:
            path: file to write; ends in .png, which keeps every level, as JPEG would not.

        Raises:
            CrackpipeError: the path ends otherwise.
        """
        file = Path(path)
        if file.suffix.lower() != ".png":
            raise CrackpipeError(f"{file}: a mask is saved as PNG, which keeps its levels; let the name end in .png")
        atomic.write_bytes(file, images.encode_grey(self.confidence))
