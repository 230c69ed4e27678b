"""METU concrete cracks (Özgenel): small pieces of walls and floors with patch labels only."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout
from crackpipe.data.photo import RawPhoto

LAYOUT = """
Positive/NNNNN.jpg    227×227, crack         (also NNNNN_1.jpg)
Negative/NNNNN.jpg    227×227, no crack
"""


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the pieces. ``NNNNN`` and ``NNNNN_1`` are one group.

    The 458 photographs that the pieces were cut from are not named in the release, so that pieces of one photograph
    can still come into two splits.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    for name in ("Negative/", "Positive/"):
        layout.expect(folder, any_of=[name], layout=LAYOUT)
    for name in ("Negative/", "Positive/"):
        for stem, piece in layout.by_stem(folder / name).items():
            yield RawPhoto(
                name=f"{name}{stem}",
                path=str(piece),
                group=f"{name}{stem.split('_')[0]}",
                own_split=None,
                read_image=partial(layout.read_bytes, piece),
                label=int(name == "Positive/"),
            )


DATASET = layout.Dataset(
    name="metu",
    description="40 000 pieces (227×227) of 458 photographs of METU campus buildings, half cracked; labels only",
    layout=LAYOUT,
    availability="the author's page https://data.mendeley.com/datasets/5y9wdsg2zt/2",
    licence="CC BY 4.0",
    citation="Ç. F. Özgenel: Concrete Crack Images for Classification. Mendeley Data, version 2, 2019",
    has_masks=False,
    read=read,
)
