"""The finished folder of an inspection: its tables and pictures to ``report.html``."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crackpipe.apply import photograph
from crackpipe.apply.report_page.page import limits, render
from crackpipe.apply.report_page.pictures import PicturePair, WidestPlace, pair, sound
from crackpipe.apply.report_page.summary import WORST
from crackpipe.apply.report_page.survey import Survey
from crackpipe.apply.survey import columns
from crackpipe.apply.survey.results import CRACKS, PAGE, PHOTOS, PICTURE, RUN
from crackpipe.errors import CrackpipeError, PhotoError
from crackpipe.files import atomic
from crackpipe.imaging import images
from crackpipe.imaging.images import Rgb
from crackpipe.measures.width_classes import Limits, classify

MOST_MEGAPIXELS = 250.0  # of a photograph that is read for its picture; of larger ones the drawn one is shown alone
TEXTS = ("photo", "name", "class", "scale_from", "taken", "notes", "reason", "width_by")

Picture = Callable[[str], Rgb | None]


def read_photograph(path: str) -> Rgb | None:
    """Read a photograph by its path; ``None`` where it is gone, or is no picture that can be read."""
    try:
        return photograph.pixels(path, max_megapixels=MOST_MEGAPIXELS)
    except PhotoError:
        return None


def write(
    folder: Path, *, classes: Limits | None = None, most_pictures: int = 200, picture: Picture = read_photograph
) -> Path:
    """Write ``report.html`` from what an inspection has left in a folder; the same folder gives the same bytes.

    Args:
        folder: holds photos.csv, cracks.csv, run.json and NAME.cracks.jpg of each photograph.
        classes: other limits for the page; ``None`` takes those of run.json. The tables keep theirs.
        most_pictures: photographs that are shown, those of the greatest length of cracks; the rest is in the tables.
        picture: reads a photograph by its path in photos.csv.

    Returns:
        Path of the page.

    Raises:
        CrackpipeError: a file of the folder is missing or is not what an inspection writes.
    """
    survey = read(folder, classes=classes)
    pictures = _pictures(folder, survey, most=most_pictures, picture=picture)
    atomic.write_text(folder / PAGE, render(survey.photos, survey.cracks, survey.run, pictures=pictures))
    return folder / PAGE


def read(folder: Path, *, classes: Limits | None = None) -> Survey:
    """Read what an inspection has found; arguments and errors as of :func:`write`."""
    run = _read_run(folder / RUN)
    photos, cracks = _read_table(folder / PHOTOS, columns.PHOTOS), _read_table(folder / CRACKS, columns.CRACKS)
    if classes is not None and classes != limits(run):
        photos = photos.assign(**{"class": classify(photos["widest_mm"].to_numpy(float), classes)})
        cracks = cracks.assign(**{"class": classify(cracks["width_max_mm"].to_numpy(float), classes)})
        chosen = {"name": classes.name, "limits_mm": list(classes.limits_mm), "names": list(classes.names)}
        run = {**run, "classes": {**chosen, "tables": run["classes"]["name"]}}
    return Survey(photos, cracks, run, limits(run))


def _read_table(path: Path, expected: Iterable[str]) -> pd.DataFrame:
    """Read a CSV table with these columns; names such as NA or 007 stay text, bytes that are no UTF-8 what they are."""
    if not path.is_file():
        raise _not_finished(path)
    header = pd.read_csv(path, nrows=0, encoding_errors="surrogateescape").columns
    missing = [name for name in expected if name not in header]
    if missing:
        raise CrackpipeError(
            f"{path}: has no column {', '.join(missing)}: of another version; run `crackpipe inspect` into this folder "
            "again"
        )
    numbers = [name for name in header if name not in TEXTS]
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(TEXTS, object),  # Arrow's strings hold no bytes that are not UTF-8
        keep_default_na=False,
        na_values={name: ["", "nan", "NaN"] for name in numbers},
        encoding_errors="surrogateescape",
    )


def _read_run(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise _not_finished(path)
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        limits(run)
        return run
    except (ValueError, KeyError, TypeError) as error:
        raise CrackpipeError(f"{path}: not what `crackpipe inspect` writes ({error}); inspect again") from error


def _not_finished(path: Path) -> CrackpipeError:
    return CrackpipeError(
        f"{path}: not found; name a folder that `crackpipe inspect` has finished: it holds {PHOTOS}, {CRACKS} and {RUN}"
    )


def _pictures(folder: Path, survey: Survey, *, most: int, picture: Picture) -> dict[str, PicturePair]:
    longest = survey.inspected.assign(length=_comparable_length(survey)).sort_values(
        "length", ascending=False, kind="stable"
    )
    pictures = {}
    worst = survey.widest(WORST)
    for photo in longest.head(most).to_dict("records"):
        path = folder / f"{photo['name']}{PICTURE}"
        if not path.is_file():
            raise CrackpipeError(f"{path}: not found, but {PHOTOS} names its photograph; inspect again")
        places = {
            int(crack["crack"]): WidestPlace(crack["row_px"], crack["col_px"], crack["width_max_px"])
            for crack in worst[worst["name"] == photo["name"]].to_dict("records")
        }
        drawn = images.decode_rgb(path.read_bytes())
        if photo["cracks"]:
            is_small = photo["height_px"] * photo["width_px"] <= MOST_MEGAPIXELS * 1e6  # its bytes, else, fill memory
            before = picture(photo["photo"]) if is_small else None
            pictures[photo["name"]] = pair(drawn, before, height_px=photo["height_px"], closeups=places)
        else:
            pictures[photo["name"]] = sound(drawn)
    return pictures


def _comparable_length(survey: Survey) -> np.ndarray:
    """Lengths to rank photographs by: metres, or pixels where any of them has no scale."""
    column = "length_px" if survey.lacks_scale else "length_m"
    return survey.inspected[column].fillna(0).to_numpy(float)
