"""`crackpipe segment`: masks of a user's own photographs, by a segmenter that the pipeline has trained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crackpipe import console
from crackpipe.apply import mask_cache
from crackpipe.apply.mask_cache import MaskCache
from crackpipe.apply.packed import is_packed
from crackpipe.apply.trained_segmenter import TrainedSegmenter, load_segmenter
from crackpipe.data import inspection
from crackpipe.data.datasets import layout
from crackpipe.errors import CrackpipeError, PhotoError
from crackpipe.files import atomic
from crackpipe.imaging import images
from crackpipe.imaging.contact_sheet import overlay
from crackpipe.params.project import Project

COLUMNS = ["photo", "mask", "height_px", "width_px", "crack_px", "reason"]
RED = (255, 40, 40)
CRACK = ".crack.jpg"


@dataclass(frozen=True, slots=True)
class Job:
    """A photograph, and the name of its mask: relative to the output folder, without a suffix."""

    photo: Path
    name: str


def load(name: str | None, *, project: Path) -> TrainedSegmenter:
    """Read a segmenter that is named as on the command line.

    Args:
        name: a folder, packed or in a project, or a name in the project's ``models/segmenter``; ``None`` takes the
            first segmenter and the first labels of ``train_segmenter``.
        project: folder of the project, whose settings a segmenter takes that is not packed.

    Raises:
        ModelError: there is no such segmenter.
        ParamsError: something is wrong in ``params.yaml``.
    """
    if name is not None and is_packed(Path(name)):
        return load_segmenter(name)
    opened = Project.open(project)
    settings = opened.params.train_segmenter
    return load_segmenter(name or f"{settings.segmenters[0]}-{settings.labels[0]}", project=opened)


def jobs(photos: Sequence[Path], *, out: Path) -> list[Job]:
    """Photographs among files and folders, with the names of their masks; see :func:`listed`.

    Raises:
        CrackpipeError: a path is missing, ``out`` is a file, there is no picture, or two would get the same mask.
    """
    _check_out(out)
    found = list(listed(photos, out=out))
    _check(found)
    return found


def write(
    photos: Sequence[Job], *, trained: TrainedSegmenter, out: Path, threshold: float, again: bool
) -> pd.DataFrame:
    """Segment photographs of any size; return one row for each, also written to ``out/masks.csv``.

    For each photograph ``out`` gets NAME.mask.png (confidence, 0–255) and NAME.crack.jpg (the photograph in grey with
    crack pixels in red). A mask is taken from an earlier run while photograph, segmenter and its settings are those
    that it was made from, see :mod:`crackpipe.apply.mask_cache`, so that a killed run goes on where it stopped. A
    photograph that cannot be read gets a reason in the table.

    Args:
        photos: from :func:`jobs`, with the same ``out``.
        trained: the segmenter.
        out: folder for masks, pictures and the table.
        threshold: confidence (0–1) from which a pixel counts as crack in the picture and the table.
        again: segment those too that have a mask from an earlier run.

    Returns:
        Columns ``COLUMNS``; ``reason`` is empty where there is a mask.
    """
    out.mkdir(parents=True, exist_ok=True)
    cache = MaskCache(out, maker=trained.digest())
    rows = []
    for job in console.bar(photos, what="segment", total=len(photos), unit="photos"):
        try:
            rows.append(_row(job, cache, trained, threshold=threshold, again=again))
        except PhotoError as error:
            rows.append({"photo": str(job.photo), "reason": str(error)})
    table = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:5], "Int64"))
    atomic.write_bytes(out / "masks.csv", table.to_csv(index=False).encode())
    return table


def listed(photos: Sequence[Path], *, out: Path) -> Iterator[Job]:
    """List the pictures among files and folders, with the names of their masks.

    Outputs of earlier runs are no photographs: of a folder, files that are named like masks and their pictures are left
    out, and so is all in ``out`` where that lies below the folder.

    Args:
        photos: files, which are taken whatever their names, and folders.
        out: folder of the masks.

    Raises:
        CrackpipeError: a path is missing.
    """
    for path in photos:
        if path.is_dir():
            root, masks = path.resolve(), out.resolve()
            inside = masks != root and masks.is_relative_to(root)
            for file in sorted(path.rglob("*")):
                name = file.relative_to(path)
                written = _named_as_output(file) or (inside and (root / name).is_relative_to(masks))
                if file.suffix.lower() in layout.PICTURES and not written and file.is_file():
                    yield Job(file, name.with_suffix("").as_posix())
        elif path.is_file():
            yield Job(path, path.stem)
        else:
            raise CrackpipeError(f"{path}: not found; name photographs, or folders that hold some")


def _named_as_output(photo: Path) -> bool:
    return photo.name.lower().endswith((mask_cache.SUFFIX, CRACK))


def _check_out(out: Path) -> None:
    for path in (out, *out.parents):
        if path.exists() and not path.is_dir():
            raise CrackpipeError(f"{path}: is a file, but masks go into a folder; name another with --out, or move it")


def _check(jobs: Sequence[Job]) -> None:
    if not jobs:
        raise CrackpipeError(
            f"no photograph found; expected files that end in {', '.join(sorted(layout.PICTURES))}, in any case, but "
            f"not in {mask_cache.SUFFIX} or {CRACK}, and outside the folder of masks"
        )
    first: dict[str, Path] = {}
    for job in jobs:
        other = first.setdefault(job.name, job.photo)
        if other != job.photo:
            raise CrackpipeError(
                f"{job.photo} and {other} would both get the mask {job.name}{mask_cache.SUFFIX}; rename one, or name "
                "the folder that holds both"
            )


def _row(job: Job, cache: MaskCache, trained: TrainedSegmenter, *, threshold: float, again: bool) -> dict[str, Any]:
    """Write the mask of one photograph, unless the cache has it, and its picture; return its row of the table.

    Raises:
        PhotoError: the photograph cannot be read, is too large, or is named as the output of an earlier run.
    """
    if _named_as_output(job.photo):
        raise PhotoError(
            f"ends in {mask_cache.SUFFIX} or {CRACK}, as what this command writes; if it is a photograph, rename it"
        )
    data = layout.read_bytes(job.photo)
    image = inspection.decode(lambda: data, max_megapixels=trained.max_megapixels)
    height, width = image.shape[:2]
    levels = None if again else cache.find(job.name, data, height_px=height, width_px=width)
    if levels is None:
        levels = trained.segment(image, name=job.name).confidence
        cache.save(job.name, data, levels)
    crack = images.at_least(levels, threshold)
    picture = images.encode_jpeg(overlay(image, crack, RED), quality=90)
    atomic.write_bytes(cache.folder / f"{job.name}{CRACK}", picture)
    size = {"height_px": height, "width_px": width}
    return {
        "photo": str(job.photo),
        "mask": str(cache.path(job.name)),
        **size,
        "crack_px": int(crack.sum()),
        "reason": "",
    }
