"""Masks of a user's own photographs, by a segmenter that the pipeline has trained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from crackpipe import images, params, progress, runtime
from crackpipe.data import inspection, layout
from crackpipe.errors import CrackpipeError, PhotoError
from crackpipe.report.gallery import overlay
from crackpipe.segment import segmenter

COLUMNS = ["photo", "mask", "height_px", "width_px", "crack_px", "reason"]
RED = (255, 40, 40)


@dataclass(frozen=True, slots=True)
class Job:
    """A photograph and where its mask goes, relative to the output folder and without a suffix."""

    photo: Path
    name: str


def write(photos: Sequence[Path], *, out: Path, model: Path, clip: Path, threshold: float, again: bool) -> pd.DataFrame:
    """Segment photographs of any size; return one row for each, also written to ``out/masks.csv``.

    For each photograph ``out`` gets NAME.mask.png (confidence, 0–255) and NAME.crack.jpg (the photograph in grey with
    crack pixels in red). Those that have both already are not segmented again, so that a killed run goes on where it
    stopped. What cannot be read gets a reason in the table.

    Args:
        photos: files, and folders that are searched for pictures.
        model, clip: folders of the segmenter and, for a text-guided one, of its encoder.
        threshold: confidence (0–1) from which a pixel counts as crack in the picture and the table.
        again: segment those too that have masks.

    Raises:
        CrackpipeError: a path is missing, there is no picture, or two would get the same mask; nothing is done then.
        ModelError: there is no such segmenter.
    """
    p = params.load()
    jobs = list(listed(photos))
    _check(jobs)
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    trained = segmenter.load(model, machine, clip=clip)
    settings = p.segment.model_dump(exclude={"splits"})
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for job in progress.bar(jobs, what="segment", total=len(jobs), unit="photos"):
        try:
            image = inspection.decode(job.photo.read_bytes, max_megapixels=p.ingest.max_megapixels)
            kept = None if again else _kept(out, job, image)
            levels = segmenter.segment(image, trained, **settings, what=job.name) if kept is None else kept
            rows.append(_save(out, job, image, levels, threshold=threshold))
        except PhotoError as error:
            rows.append({"photo": str(job.photo), "reason": str(error)})
    table = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:5], "Int64"))
    _replace(out / "masks.csv", table.to_csv(index=False).encode())
    return table


def listed(photos: Sequence[Path]) -> Iterator[Job]:
    """The pictures among files and folders, with the names of their masks.

    Raises:
        CrackpipeError: a path is missing.
    """
    for path in photos:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.suffix.lower() in layout.PICTURES and file.is_file():
                    yield Job(file, file.relative_to(path).with_suffix("").as_posix())
        elif path.is_file():
            yield Job(path, path.stem)
        else:
            raise CrackpipeError(f"{path}: not found; name photographs, or folders that hold some")


def _check(jobs: Sequence[Job]) -> None:
    if not jobs:
        raise CrackpipeError(
            f"no photograph found; expected files that end in {', '.join(sorted(layout.PICTURES))}, in any case"
        )
    first: dict[str, Path] = {}
    for job in jobs:
        other = first.setdefault(job.name, job.photo)
        if other != job.photo:
            raise CrackpipeError(
                f"{job.photo} and {other} would both get the mask {job.name}.mask.png; rename one, or name the folder "
                "that holds both"
            )


def _kept(out: Path, job: Job, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"] | None:
    """The mask of an earlier run, if it is there and fits."""
    path = out / f"{job.name}.mask.png"
    if not path.is_file():
        return None
    levels = images.decode_grey(path.read_bytes())
    return levels if levels.shape == image.shape[:2] else None


def _save(
    out: Path, job: Job, image: UInt8[np.ndarray, "h w 3"], levels: UInt8[np.ndarray, "h w"], *, threshold: float
) -> dict[str, Any]:
    crack = images.at_least(levels, threshold)
    mask = out / f"{job.name}.mask.png"
    mask.parent.mkdir(parents=True, exist_ok=True)
    _replace(out / f"{job.name}.crack.jpg", images.encode_jpeg(overlay(image, crack, RED), quality=90))
    _replace(mask, images.encode_grey(levels))
    height, width = levels.shape
    found = {"photo": str(job.photo), "mask": str(mask), "height_px": height, "width_px": width}
    return {**found, "crack_px": int(crack.sum()), "reason": ""}


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
