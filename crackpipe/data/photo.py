"""One photograph as a dataset gives it, before it is checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool

Split = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Attributes:
    """Attributes of a photograph in an inspection report; empty where the report gives none.

    Attributes:
        damage, location: any number of each.
        soundness: Ⅰ, Ⅱ, Ⅲ or Ⅳ; see :data:`crackpipe.data.captions.SOUNDNESS`.
        measure: see :data:`crackpipe.data.captions.MEASURES`.
    """

    damage: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    soundness: str | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class RawPhoto:
    """A photograph that a dataset lists; its files are read only when they are asked for.

    Attributes:
        name: unique within its source, without the file's extension.
        path: where it lies, for error texts and the table of rejects.
        group: the physical photograph or structure that it belongs to; never in two splits.
        own_split: the split its authors gave it, where they gave one.
        read_image: returns the encoded picture's bytes.
        read_mask: returns the mask (height, width), True = crack, and raises PhotoError for an unusable one;
            ``None`` where the dataset has none.
        label: 1 crack, 0 none, ``None`` where unknown (a mask then decides, if there is one).
        caption: a sentence on it, where there is one.
        attributes: of its inspection report.
        mm_per_px: side of a pixel on the surface, where known.
    """

    name: str
    path: str
    group: str
    own_split: Split | None
    read_image: Callable[[], bytes]
    read_mask: Callable[[], Bool[np.ndarray, "h w"]] | None = None
    label: int | None = None
    caption: str | None = None
    attributes: Attributes = field(default_factory=Attributes)
    mm_per_px: float | None = None
