"""A folder of your own photographs, with masks, with patch labels, with both or with neither."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from crackpipe.data.datasets import layout, mask_files
from crackpipe.data.photo import RawPhoto

LAYOUT = """
images/NAME.jpg                       masks/NAME.png   (same name; masks may be missing: such a label is unknown)
    or
crack/NAME.jpg  no_crack/NAME.jpg     (patch labels only)
    (subfolders are allowed, and then name the structure: images/bridge_7/NAME.jpg, masks/bridge_7/NAME.png)
"""


def read(folder: Path) -> Iterator[RawPhoto]:
    """List the photographs; the first subfolder is the group, or else each photograph is its own.

    Every file but hidden ones is listed, so that one that is no picture is rejected and not overlooked.

    Raises:
        DatasetError: see ``LAYOUT``.
    """
    for kind in layout.expect(folder, any_of=["crack/", "images/", "no_crack/"], layout=LAYOUT):
        label = {"crack/": 1, "no_crack/": 0}.get(kind)
        masks = _masks(folder / "masks") if kind == "images/" else {}
        for path in layout.files(folder / kind):
            inside = path.relative_to(folder / kind)
            stem = inside.with_suffix("").as_posix()
            mask = masks.pop(stem, None)
            yield RawPhoto(
                name=stem if kind == "images/" else f"{kind}{stem}",
                path=str(path),
                group=f"{inside.parts[0]}/" if len(inside.parts) > 1 else f"{kind}{stem}",
                own_split=None,
                read_image=partial(layout.read_bytes, path),
                read_mask=partial(mask_files.read, mask) if mask else None,
                label=label,
            )
        for stem, mask in masks.items():  # masks without a photograph: listed, and rejected
            yield RawPhoto(
                name=f"masks/{stem}",
                path=str(mask),
                group=f"masks/{stem}",
                own_split=None,
                read_image=partial(layout.read_bytes, folder / "images" / f"{stem}.*"),
            )


def _masks(folder: Path) -> dict[str, Path]:
    paths = layout.files(folder) if folder.is_dir() else []
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}


DATASET = layout.Dataset(
    name="folder",
    description="your own photographs, with masks, patch labels or neither",
    layout=LAYOUT,
    availability="yours",
    licence="yours",
    citation="none",
    has_masks=False,
    read=read,
)
