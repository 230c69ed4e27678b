"""`crackpipe inspect`: photographs of any kind and size become masks, cracks in millimetres, tables and a page."""

import importlib.metadata
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from crackpipe import console
from crackpipe.apply import orthomosaic, photo_files
from crackpipe.apply.photo_files import PhotoFile
from crackpipe.apply.segmenter_files import SegmenterFiles
from crackpipe.apply.survey import tables
from crackpipe.apply.survey.journal import Entry
from crackpipe.apply.survey.looking import Looking, Seen
from crackpipe.apply.survey.results import MAP_MASK, MASK, PICTURE, RUN, WHOLE
from crackpipe.apply.survey.settings import SurveySettings
from crackpipe.compute import parallel
from crackpipe.errors import CrackpipeError, PhotoError
from crackpipe.files import atomic

AHEAD = 2  # photographs that wait to be measured
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tables of a survey; see :mod:`crackpipe.apply.survey.columns`."""

    photos: pd.DataFrame
    cracks: pd.DataFrame

    @property
    def refused(self) -> pd.DataFrame:
        """Photographs that were not looked at, with their reasons."""
        return self.photos[self.photos["reason"] != ""]

    @property
    def exit_status(self) -> int:
        """0 where all were looked at, 3 where some were refused, 1 where none was looked at."""
        return 0 if not len(self.refused) else 1 if len(self.refused) == len(self.photos) else 3


def inspect(paths: Sequence[Path], *, files: SegmenterFiles, out: Path, settings: SurveySettings) -> Outcome:
    """Inspect photographs; ``out`` gets all results, and nothing is written elsewhere.

    For each photograph ``out`` gets NAME.mask.png (confidence, 0–255) and NAME.cracks.jpg, for all photos.csv,
    cracks.csv, cracks.parquet, cracks.geojson, run.json and report.html. An orthomosaic gets NAME.mask.tif and
    NAME.cracks.gpkg, see :mod:`crackpipe.apply.orthomosaic.survey_map`. A photograph that is done, see
    :mod:`crackpipe.apply.survey.journal`, is not looked at again while its file, the segmenter and the settings are as
    they were. One that cannot be read or written about gets a reason, and the others go on.

    Args:
        paths: photographs, and folders that hold some.
        files: of the segmenter, which is loaded when the first photograph needs it.
        out: folder of the survey.
        settings: what is asked for.

    Raises:
        CrackpipeError: a path is missing, there is no photograph, ``out`` is a file or cannot be written, or it holds
            a file of the user's own that has the name of a result.
    """
    _check_folder(out)
    photos = [photo for photo in photo_files.listed(paths, leave_out=out) if not _is_result(photo.path, out)]
    if not photos:
        raise CrackpipeError(
            f"{', '.join(map(str, paths)) or 'nothing named'}: no photograph in there; name photographs, or folders "
            "that hold some"
        )
    looking = Looking(out, files, settings)
    looking.journal.claim(WHOLE)
    names: list[str] = []
    refused: list[dict[str, Any]] = []
    for one in _looked_at(photos, looking):
        if isinstance(one, Entry):
            names.append(one.name)
        else:
            refused.append(one)
    outcome = Outcome(*tables.frames(looking.journal.entries(names), refused, limits=settings.limits))
    lines = (crack["lines"] for entry in looking.journal.entries(names) for crack in entry.cracks)
    places = orthomosaic.write_layers(out, looking.journal.entries(names), outcome.cracks)
    tables.write(out, outcome.photos, outcome.cracks, lines=lines, places=places)
    atomic.write_text(out / RUN, _json(_run(files, settings, outcome)))
    if not settings.masks_only:
        from crackpipe.apply import report_page

        report_page.write(out)
    return outcome


def _looked_at(photos: Sequence[PhotoFile], looking: Looking) -> Iterator[Entry | dict[str, Any]]:
    """An entry or a refused row for each photograph; one is measured while the next is looked at."""

    def seen(photo: PhotoFile) -> Seen | Entry | dict[str, Any]:
        return _tried(photo, lambda: looking.at(photo))

    def written(found: Seen | Entry | dict[str, Any]) -> Entry | dict[str, Any]:
        if not isinstance(found, Seen):
            return found
        return _tried(found.photo, lambda: looking.written(found))

    bar = console.bar(photos, what="inspect", total=len(photos), unit="photos")
    return parallel.prefetch(written, map(seen, bar), workers=1, ahead=AHEAD)


def _tried(photo: PhotoFile, work: Callable[[], Result]) -> Result | dict[str, Any]:
    """Result of a photograph's work, or its row with the reason; a wrong model or a missing package ends all."""
    try:
        return work()
    except PhotoError as error:
        reason = str(error)
    except (CrackpipeError, ModuleNotFoundError):
        raise
    except OSError as error:
        reason = f"{error.strerror or error}; make room or give access, then run the command again"
    except MemoryError:
        reason = "needs more memory than there is; make the photograph smaller"
    except Exception as error:  # a fault of ours: it is told with its photograph, and the others go on
        reason = f"a fault of crackpipe ({type(error).__name__}: {error}); please report it, with the photograph"
    return {"photo": str(photo.path), "name": photo.name, "reason": reason}


def _is_result(photo: Path, out: Path) -> bool:
    """Whether a picture is one of an earlier survey among the photographs themselves."""
    return photo.name.endswith((MASK, PICTURE, MAP_MASK)) and photo.resolve().is_relative_to(out.resolve())


def _check_folder(out: Path) -> None:
    for path in (out, *out.parents):
        if path.exists() and not path.is_dir():
            raise CrackpipeError(
                f"{path}: is a file, but results go into a folder; name another with --out, or move it"
            )


def _run(files: SegmenterFiles, settings: SurveySettings, found: Outcome) -> dict[str, Any]:
    """What made the survey: the same survey gives the same bytes."""
    return {
        "crackpipe": importlib.metadata.version("crackpipe"),
        "model": {"name": files.folder_name, "digest": files.digest(), "card": files.card},
        "run_by": {"engine": files.engine, "precision": files.precision},
        "settings": {"geometry": asdict(files.geometry), "scale": asdict(settings.sources)},
        "classes": asdict(settings.limits),
        "photographs": len(found.photos),
        "refused": len(found.refused),
    }


def _json(values: Any) -> str:
    """Values as JSON, with nothing in place of figures that are none: a card may hold some, and JSON has no NaN."""
    finite = json.loads(json.dumps(values), parse_constant=lambda _: None)
    return json.dumps(finite, indent=1, sort_keys=True) + "\n"
