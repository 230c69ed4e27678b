"""SDNET2018: concrete bridge decks, walls and pavements with patch labels only."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout
from crackpipe.data.photo import RawPhoto

LAYOUT = """
D/CD/  D/UD/    bridge decks: cracked, uncracked      (one surface at least)
W/CW/  W/UW/    walls
P/CP/  P/UP/    pavements
    NNNN-MM.jpg    256×256; NNNN = the photograph that the piece was cut from
"""
_FOLDERS = ("D/CD/", "D/UD/", "P/CP/", "P/UP/", "W/CW/", "W/UW/")


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the pieces; surface and photograph number are the group.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    for name in layout.expect(folder, any_of=_FOLDERS, layout=LAYOUT):
        surface = name[0]
        for stem, piece in layout.by_stem(folder / name).items():
            yield RawPhoto(
                name=f"{name}{stem}",
                path=str(piece),
                group=f"{surface}/{stem.split('-')[0]}",
                own_split=None,
                read_image=partial(layout.read_bytes, piece),
                label=int(name[2] == "C"),
            )


DATASET = layout.Dataset(
    name="sdnet2018",
    description="56 000 pieces (256×256) of 230 photographs of concrete decks, walls and pavements; labels only",
    layout=LAYOUT,
    availability="the authors' page https://digitalcommons.usu.edu/all_datasets/48",
    licence="CC BY 4.0",
    citation=(
        "S. Dorafshan, R. J. Thomas, M. Maguire: SDNET2018: An Annotated Image Dataset for Non-Contact Concrete Crack "
        "Detection Using Deep Convolutional Neural Networks. Data in Brief 21, 2018"
    ),
    has_masks=False,
    read=read,
)
