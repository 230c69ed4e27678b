"""DeepCrack (Liu et al.): cracks of many materials and scales, split by their authors."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout, mask_files
from crackpipe.data.photo import RawPhoto, Split

LAYOUT = """
train_img/NAME.jpg    train_lab/NAME.png    mask, crack > 0
test_img/NAME.jpg     test_lab/NAME.png     (train_img or test_img at least)
"""
_SPLITS: tuple[tuple[str, Split], ...] = (("test", "test"), ("train", "train"))


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the photographs; the name before the hyphen (11289-3 → 11289) is the group.

    The authors' split cuts three photographs in two: 11289, 11142 and IMG_6536 show the same cracks in train and test.
    With ``split: own`` their twelve training pieces are therefore rejected.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    present = layout.expect(folder, any_of=[f"{name}_img/" for name, _ in _SPLITS], layout=LAYOUT)
    for name, split in _SPLITS:
        if f"{name}_img/" not in present:
            continue
        layout.expect(folder, any_of=[f"{name}_lab/"], layout=LAYOUT)
        photos = layout.by_stem(folder / f"{name}_img")
        masks = layout.by_stem(folder / f"{name}_lab")
        for stem in sorted(photos.keys() | masks.keys()):
            photo = photos.get(stem, folder / f"{name}_img" / f"{stem}.jpg")
            mask = masks.get(stem, folder / f"{name}_lab" / f"{stem}.png")
            yield RawPhoto(
                name=f"{name}/{stem}",
                path=str(photo),
                group=stem.split("-")[0],
                own_split=split,
                read_image=partial(layout.read_bytes, photo),
                read_mask=partial(mask_files.read, mask),
            )


DATASET = layout.Dataset(
    name="deepcrack",
    description="537 photographs (544×384) of asphalt and concrete at several scales; masks; 300 train, 237 test",
    layout=LAYOUT,
    availability="the authors' page https://github.com/yhlleo/DeepCrack",
    licence="none stated",
    citation=(
        "Y. Liu, J. Yao, X. Lu, R. Xie, L. Li: DeepCrack: A Deep Hierarchical Feature Learning Architecture for Crack "
        "Segmentation. Neurocomputing 338, 2019"
    ),
    has_masks=True,
    read=read,
)
