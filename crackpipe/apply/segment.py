"""Masks of a user's own photographs, by a segmenter that the pipeline has trained."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from crackpipe import console, params
from crackpipe.apply import mask_cache
from crackpipe.apply.mask_cache import KeptMasks
from crackpipe.compute.runtime import start_runtime
from crackpipe.data import inspection
from crackpipe.data.datasets import layout
from crackpipe.errors import CrackpipeError, PhotoError
from crackpipe.files import atomic
from crackpipe.imaging import images
from crackpipe.imaging.contact_sheet import overlay
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Inference

COLUMNS = ["photo", "mask", "height_px", "width_px", "crack_px", "reason"]
RED = (255, 40, 40)
CRACK = ".crack.jpg"


@dataclass(frozen=True, slots=True)
class Job:
    """A photograph and where its mask goes, relative to the output folder and without a suffix."""

    photo: Path
    name: str


def write(
    photos: Sequence[Path], *, parameters: Path, out: Path, model: Path, clip: Path, threshold: float, again: bool
) -> pd.DataFrame:
    """Segment photographs of any size; return one row for each, also written to ``out/masks.csv``.

    For each photograph ``out`` gets NAME.mask.png (confidence, 0–255) and NAME.crack.jpg (the photograph in grey with
    crack pixels in red). A mask is kept while photograph, segmenter and its settings are those that it was made from,
    see :mod:`crackpipe.apply.mask_cache`, so that a killed run goes on where it stopped. What cannot be read gets a
    reason in the table.

    Args:
        photos: files, and folders that are searched for pictures.
        parameters: the project's ``params.yaml``.
        model, clip: folders of the segmenter and, for a text-guided one, of its encoder.
        threshold: confidence (0–1) from which a pixel counts as crack in the picture and the table.
        again: segment those too whose masks would be kept.

    Raises:
        CrackpipeError: a path is missing, ``out`` is a file, there is no picture, or two would get the same mask;
            nothing is done then.
        ModelError: there is no such segmenter.
    """
    p = params.load(parameters)
    _check_out(out)
    jobs = list(listed(photos, out=out))
    _check(jobs)
    runtime = start_runtime(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    settings = p.segment.model_dump(exclude={"splits"})
    make = partial(
        segmenter.segment, segmenter=segmenter.load(model, runtime, clip=clip), settings=Inference(**settings)
    )
    maker = mask_cache.maker(model, clip=clip, settings=settings, dtype=str(runtime.autocast_dtype))
    out.mkdir(parents=True, exist_ok=True)
    kept = KeptMasks(out, maker=maker)
    megapixels = p.ingest.max_megapixels
    rows = []
    for job in console.bar(jobs, what="segment", total=len(jobs), unit="photos"):
        try:
            rows.append(_row(job, kept, make, max_megapixels=megapixels, threshold=threshold, again=again))
        except PhotoError as error:
            rows.append({"photo": str(job.photo), "reason": str(error)})
    table = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:5], "Int64"))
    atomic.write_bytes(out / "masks.csv", table.to_csv(index=False).encode())
    return table


def listed(photos: Sequence[Path], *, out: Path) -> Iterator[Job]:
    """The pictures among files and folders, with the names of their masks.

    What earlier runs have written is no photograph: of a folder, files that are named like masks and their pictures are
    left out, and so is all in ``out`` where that lies below the folder.

    Raises:
        CrackpipeError: a path is missing.
    """
    for path in photos:
        if path.is_dir():
            root, own = path.resolve(), out.resolve()
            inside = own != root and own.is_relative_to(root)
            for file in sorted(path.rglob("*")):
                name = file.relative_to(path)
                written = _named_as_ours(file) or (inside and (root / name).is_relative_to(own))
                if file.suffix.lower() in layout.PICTURES and not written and file.is_file():
                    yield Job(file, name.with_suffix("").as_posix())
        elif path.is_file():
            yield Job(path, path.stem)
        else:
            raise CrackpipeError(f"{path}: not found; name photographs, or folders that hold some")


def _named_as_ours(photo: Path) -> bool:
    return photo.name.lower().endswith((mask_cache.SUFFIX, CRACK))


def _check_out(out: Path) -> None:
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            raise CrackpipeError(f"{place}: is a file, but masks go into a folder; name another with --out, or move it")


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


def _row(
    job: Job,
    kept: KeptMasks,
    make: Callable[..., UInt8[np.ndarray, "_h _w"]],
    *,
    max_megapixels: float,
    threshold: float,
    again: bool,
) -> dict[str, Any]:
    """Write the mask of one photograph, unless it is kept, and its picture; return its row of the table.

    Raises:
        PhotoError: the photograph cannot be read, is too large, or is named as the output of an earlier run.
    """
    if _named_as_ours(job.photo):
        raise PhotoError(
            f"ends in {mask_cache.SUFFIX} or {CRACK}, as what this command writes; if it is a photograph, rename it"
        )
    data = layout.read_bytes(job.photo)
    image = inspection.decode(lambda: data, max_megapixels=max_megapixels)
    height, width = image.shape[:2]
    levels = None if again else kept.find(job.name, data, height_px=height, width_px=width)
    if levels is None:
        levels = make(image, what=job.name)
        kept.save(job.name, data, levels)
    crack = images.at_least(levels, threshold)
    picture = images.encode_jpeg(overlay(image, crack, RED), quality=90)
    atomic.write_bytes(kept.folder / f"{job.name}{CRACK}", picture)
    found = {"photo": str(job.photo), "mask": str(kept.path(job.name)), "height_px": height, "width_px": width}
    return {**found, "crack_px": int(crack.sum()), "reason": ""}
