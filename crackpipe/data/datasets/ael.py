"""AEL (AigleRN, ESAR, LCMS): pavements seen by three measuring vehicles."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout, mask_files
from crackpipe.data.photo import RawPhoto

LAYOUT = """
TITS/IMAGES/AIGLE_RN/Im_GT_AIGLE_RN_NAMEor.png      TITS/GROUND_TRUTH/AIGLE_RN/GT_AIGLE_RN_NAME.png
TITS/IMAGES/ESAR/Im_GT_ESAR_NAME.jpg                TITS/GROUND_TRUTH/ESAR/GT_ESAR_NAME.png
TITS/IMAGES/LCMS/Im_GT_LCMS_NAMEor.png              TITS/GROUND_TRUTH/LCMS/GT_LCMS_NAME.png
    (one system at least; cracks are dark on white; pictures without ground truth, noGT, are left out; this layout is
    taken from published programs that read the release, and was not tried on the release itself)
"""
_SYSTEMS = ("AIGLE_RN", "ESAR", "LCMS")
_ENDINGS = ("or.png", "or.jpg", ".png", ".jpg")  # "or" marks the original among processed pictures


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the photographs that have ground truth; each is its own group.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    wanted = [f"TITS/GROUND_TRUTH/{system}/" for system in _SYSTEMS]
    for truths in layout.expect(folder, any_of=wanted, layout=LAYOUT):
        pictures = truths.replace("GROUND_TRUTH", "IMAGES")
        layout.expect(folder, any_of=[pictures], layout=LAYOUT)
        for stem, mask in layout.by_stem(folder / truths).items():
            if "noGT" in stem:
                continue
            candidates = [folder / pictures / f"Im_{stem}{ending}" for ending in _ENDINGS]
            photo = next((path for path in candidates if path.is_file()), candidates[0])
            yield RawPhoto(
                name=f"{Path(truths).name}/{stem}",
                path=str(photo),
                group=stem,
                own_split=None,
                read_image=partial(layout.read_bytes, photo),
                read_mask=partial(mask_files.read, mask, lossy=True, dark_is_crack=True),
            )


DATASET = layout.Dataset(
    name="ael",
    description="58 pavement pictures of three systems (AigleRN 38, ESAR 15, LCMS 5); masks",
    layout=LAYOUT,
    availability="CrackDataset.zip on the authors' page https://www.irit.fr/~Sylvie.Chambon/Crack_Detection_Database.html",
    licence="none stated",
    citation=(
        "R. Amhaz, S. Chambon, J. Idier, V. Baltazart: Automatic Crack Detection on Two-Dimensional Pavement Images: "
        "An Algorithm Based on Minimal Path Selection. IEEE Transactions on Intelligent Transportation Systems 17(10), "
        "2016"
    ),
    has_masks=True,
    read=read,
)
