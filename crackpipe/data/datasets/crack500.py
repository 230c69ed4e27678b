"""Crack500: crops of pavement photographs with masks, split by their authors."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout, mask_files
from crackpipe.data.photo import RawPhoto, Split

LAYOUT = """
traincrop/  valcrop/  testcrop/   (one of them at least; traincrop/traincrop/, as some archives unpack, is read too)
    NAME.jpg      the photograph's crop; NAME = date_time_row_col
    NAME.png      its mask, crack > 0
"""
_SPLITS: tuple[tuple[str, Split], ...] = (("testcrop/", "test"), ("traincrop/", "train"), ("valcrop/", "val"))


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the crops; the first two fields of the name (date, time) are the photograph that a crop was cut from.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    present = layout.expect(folder, any_of=[name for name, _ in _SPLITS], layout=LAYOUT)
    for name, split in _SPLITS:
        if name not in present:
            continue
        crops = folder / name
        nested = crops / crops.name
        crops = nested if nested.is_dir() else crops
        photos = layout.by_stem(crops, suffixes=frozenset({".jpg"}))
        masks = layout.by_stem(crops, suffixes=frozenset({".png"}))
        for stem in sorted(photos.keys() | masks.keys()):  # a mask without photograph is listed too, and rejected
            photo = photos.get(stem, crops / f"{stem}.jpg")
            yield RawPhoto(
                name=f"{name}{stem}",
                path=str(photo),
                group="_".join(stem.split("_")[:2]),
                own_split=split,
                read_image=partial(layout.read_bytes, photo),
                read_mask=partial(mask_files.read, masks.get(stem, crops / f"{stem}.png")),
            )


DATASET = layout.Dataset(
    name="crack500",
    description="Crops (about 640×360) of 500 pavement photographs taken with a telephone; masks; split by the authors",
    layout=LAYOUT,
    availability="linked from the authors' page https://github.com/fyangneil/pavement-crack-detection",
    licence="none stated",
    citation=(
        "F. Yang, L. Zhang, S. Yu, D. Prokhorov, X. Mei, H. Ling: Feature Pyramid and Hierarchical Boosting Network "
        "for Pavement Crack Detection. IEEE Transactions on Intelligent Transportation Systems 21(4), 2020"
    ),
    has_masks=True,
    read=read,
)
