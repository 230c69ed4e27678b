"""CFD (CrackForest): urban road surfaces with fine cracks, ground truth in MATLAB files."""

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from crackpipe.data.datasets import layout
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import PhotoError

LAYOUT = """
image/NNN.jpg
groundTruth/NNN.mat    groundTruth[0,0]['Segmentation']: 1–4, of which 2 and 4 are crack
"""
_CRACK = (2, 4)


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the photographs; each is its own group. No split is given by the authors.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    layout.expect(folder, any_of=["image/"], layout=LAYOUT)
    layout.expect(folder, any_of=["groundTruth/"], layout=LAYOUT)
    photos = layout.by_stem(folder / "image")
    truths = layout.by_stem(folder / "groundTruth", suffixes=frozenset({".mat"}))
    for stem in sorted(photos.keys() | truths.keys()):
        photo = photos.get(stem, folder / "image" / f"{stem}.jpg")
        yield RawPhoto(
            name=stem,
            path=str(photo),
            group=stem,
            own_split=None,
            read_image=partial(layout.read_bytes, photo),
            read_mask=partial(read_truth, folder / "groundTruth" / f"{stem}.mat"),
        )


def read_truth(path: Path) -> Bool[np.ndarray, "h w"]:
    """Read the mask of a ``groundTruth`` file; True = crack (segments 2 and 4).

    Raises:
        PhotoError: the file is missing, no MATLAB file, or holds other fields or segments.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    where = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise PhotoError(f"no mask: {where} is not there")
    try:
        segments = np.asarray(loadmat(str(path))["groundTruth"][0, 0]["Segmentation"])
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        NotImplementedError,
        MatReadError,
        zlib.error,
    ) as error:
        raise PhotoError(f"{where}: no MATLAB file with groundTruth[0,0]['Segmentation'] ({error})") from error
    values = np.unique(segments)
    if segments.ndim != 2 or not np.isin(values, (1, 2, 3, 4)).all():
        raise PhotoError(f"{where}: segments {values[:6].tolist()} of shape {segments.shape}, expected 1–4 as (h, w)")
    return np.isin(segments, _CRACK)


DATASET = layout.Dataset(
    name="cfd",
    description="118 photographs (480×320) of urban roads with fine cracks; masks; 042's is known to be wrong",
    layout=LAYOUT,
    availability="the authors' page https://github.com/cuilimeng/CrackForest-dataset",
    licence="non-commercial research only",
    citation=(
        "Y. Shi, L. Cui, Z. Qi, F. Meng, Z. Chen: Automatic Road Crack Detection Using Random Structured Forests. "
        "IEEE Transactions on Intelligent Transportation Systems 17(12), 2016"
    ),
    has_masks=True,
    read=read,
)
