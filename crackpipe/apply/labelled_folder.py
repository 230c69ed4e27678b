"""A user's own crack/ and no_crack/ folders, embedded: what a few-shot head learns from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from crackpipe import console
from crackpipe.clip import embedding
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.data import inspection
from crackpipe.data.datasets import folder as folder_dataset
from crackpipe.data.datasets import layout
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import CrackpipeError, DatasetError, PhotoError

CLASSES = {"crack": 1, "no_crack": 0}
LAYOUT = """
crack/NAME.jpg        or crack/STRUCTURE/NAME.jpg
no_crack/NAME.jpg     or no_crack/STRUCTURE/NAME.jpg
"""


@dataclass(frozen=True, slots=True)
class LabelledEmbeddings:
    """Labelled photographs of a user, embedded.

    Attributes:
        vectors: embeddings, of length 1.
        labels: 1 crack, 0 none.
        groups: equal for equal pictures and for those of one subfolder.
        rejected: path and reason of each photograph that could not be read.
        longest_px: side of the largest of them.
    """

    vectors: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, "n"]
    groups: Int64[np.ndarray, "n"]
    rejected: list[tuple[str, str]]
    longest_px: int

    def structures(self) -> dict[str, int]:
        """Number of different photographs or subfolders of each class."""
        return {name: len(np.unique(self.groups[self.labels == label])) for name, label in CLASSES.items()}


def photographs(folder: Path) -> list[RawPhoto]:
    """List the labelled photographs in ``folder``.

    Raises:
        DatasetError: it lacks ``crack/`` or ``no_crack/``, or one of them holds no photograph.
    """
    if not all((folder / name).is_dir() for name in CLASSES):
        layout.refuse(folder, fault="crack/ and no_crack/ are both needed here", layout=LAYOUT)
    listed = [raw for raw in folder_dataset.read(folder) if raw.label is not None]
    for name, label in CLASSES.items():
        if all(raw.label != label for raw in listed):
            raise DatasetError(f"{folder / name}: holds no photograph; put some of this class there")
    return listed


def embed(
    listed: list[RawPhoto], encoder: Encoder, runtime: Runtime, *, side_px: int, max_megapixels: float
) -> LabelledEmbeddings:
    """Decode and embed photographs one by one; those that cannot be read are listed with a reason, and left out.

    Args:
        listed: photographs with labels, at least one.
        encoder, runtime: that embed them.
        side_px: side of the square that each is squeezed to; see :func:`crackpipe.clip.embedding.square_px`.
        max_megapixels: larger photographs are not read.

    Raises:
        DatasetError: a picture is in both classes, or none can be read.
        CrackpipeError: an embedding is not finite.
    """
    vectors, labels, keys, rejected, longest_px = [], [], [], [], 0
    by_pixels: dict[bytes, RawPhoto] = {}
    for raw in console.bar(listed, what="embed photographs", total=len(listed), unit="photos"):
        try:
            facts = inspection.inspect(raw, max_megapixels=max_megapixels, needs_mask=False)
            pixels = inspection.decode(raw.read_image, max_megapixels=max_megapixels)
        except PhotoError as error:
            rejected.append((raw.path, str(error)))
            continue
        first = by_pixels.setdefault(facts.pixel_hash, raw)
        if first.label != raw.label:
            raise DatasetError(f"{first.path} and {raw.path} are the same picture in both classes; remove one of them")
        try:
            vectors.append(embedding.of_photo(encoder, pixels, runtime, side_px=side_px))
        except CrackpipeError as error:
            raise CrackpipeError(f"{raw.path}: {error}") from error
        longest_px = max(longest_px, *pixels.shape[:2])
        labels.append(raw.label)
        keys.append(first.group)
    if not vectors:
        path, reason = rejected[0]
        raise DatasetError(f"no photograph can be read; the first of {len(listed)} is {path}: {reason}")
    groups = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    return LabelledEmbeddings(np.stack(vectors), np.array(labels, np.int64), groups, rejected, longest_px)


def possible_folds(embeddings: LabelledEmbeddings, *, folds: int) -> int:
    """Number of folds of a cross-validation: ``folds``, or fewer where a class has fewer structures.

    Raises:
        DatasetError: a class has fewer than two structures, so that it cannot be both learned and tested.
    """
    counts = embeddings.structures()
    if min(counts.values()) < 2:
        summary = " and ".join(f"{count} in {name}/" for name, count in counts.items())
        raise DatasetError(
            f"got {summary} different photographs or subfolders; at least 2 of each class are needed, one to learn "
            "from and one to test on; add some"
        )
    return min(folds, *counts.values())
