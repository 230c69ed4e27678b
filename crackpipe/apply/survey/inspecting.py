"""`crackpipe inspect`: photographs of any kind and size become masks, cracks in millimetres, tables and a page."""

import importlib.metadata
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from crackpipe import console
from crackpipe.apply import orthomosaic, photo_files
from crackpipe.apply.photo_files import PhotoFile
from crackpipe.apply.segmenter_files import SegmenterFiles
from crackpipe.apply.survey import journal, tables
from crackpipe.apply.survey.journal import Entry, Journal
from crackpipe.errors import CrackpipeError, PhotoError
from crackpipe.files import atomic, fingerprint
from crackpipe.imaging import images, picture_files
from crackpipe.imaging.scale import ScaleSources
from crackpipe.measures.width_classes import Limits

if TYPE_CHECKING:
    from crackpipe.apply.trained_segmenter import TrainedSegmenter

MASK, PICTURE, RUN = ".mask.png", ".cracks.jpg", "run.json"
MAP_MASK, MAP_LAYER = ".mask.tif", ".cracks.gpkg"  # of an orthomosaic
QUALITY = 90  # of JPEG


@dataclass(frozen=True, slots=True)
class SurveySettings:
    """What is asked for beside the segmenter.

    Attributes:
        sources: of the scale.
        limits: of the classes of width, which cracks with a width in millimetres get.
        masks_only: write masks and tables, no pictures and no page.
        again: look at those too that are done.
    """

    sources: ScaleSources
    limits: Limits
    masks_only: bool
    again: bool


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
    NAME.cracks.gpkg, see :mod:`crackpipe.apply.orthomosaic`. A photograph that is done, see
    :mod:`crackpipe.apply.survey.journal`, is not looked at again while its file, the segmenter and the settings are as
    they were. One that cannot be read or written about gets a reason, and the others go on.

    Args:
        paths: photographs, and folders that hold some.
        files: of the segmenter, which is loaded when the first photograph needs it.
        out: folder of the survey.
        settings: what is asked for.

    Raises:
        CrackpipeError: a path is missing, ``out`` is a file, or there is no photograph.
    """
    _check_folder(out)
    photos = [photo for photo in photo_files.listed(paths, leave_out=out) if not _is_result(photo.path, out)]
    if not photos:
        raise CrackpipeError(
            f"{', '.join(map(str, paths))}: no photograph in there; name photographs, or folders that hold some"
        )
    survey = _Survey(out, files, settings)
    entries: list[Entry] = []
    refused: list[dict[str, Any]] = []
    for photo in console.bar(photos, what="inspect", total=len(photos), unit="photos"):
        try:
            entries.append(survey.entry(photo))
        except PhotoError as error:
            refused.append({"photo": str(photo.path), "name": photo.name, "reason": str(error)})
        except OSError as error:
            reason = f"{error.strerror or error}; make room or give access, then run the command again"
            refused.append({"photo": str(photo.path), "name": photo.name, "reason": reason})
        except MemoryError:
            reason = "needs more memory than there is; make the photograph smaller"
            refused.append({"photo": str(photo.path), "name": photo.name, "reason": reason})
    found = Outcome(*tables.frames(entries, refused, limits=settings.limits))
    lines = {(entry.name, crack["crack"]): crack["lines"] for entry in entries for crack in entry.cracks}
    places = orthomosaic.write_layers(out, entries, found.cracks)
    tables.write(out, found.photos, found.cracks, lines=lines, places=places)
    atomic.write_text(out / RUN, json.dumps(_run(files, settings, found), indent=1, sort_keys=True) + "\n")
    if not settings.masks_only:
        from crackpipe.apply import report_page

        report_page.write(out)
    return found


class _Survey:
    """A folder of results, and the segmenter that makes them."""

    def __init__(self, out: Path, files: SegmenterFiles, settings: SurveySettings) -> None:
        self._out, self._files, self._settings = out, files, settings
        self._journal = Journal(out)
        self._segmenter = files.digest()
        values = {"scale": asdict(settings.sources), "pictures": not settings.masks_only}
        self._measurer = fingerprint.of(values, [])
        self._trained: TrainedSegmenter | None = None

    def entry(self, photo: PhotoFile) -> Entry:
        """What is known of a photograph, by the journal or by a look at it.

        Raises:
            PhotoError: it cannot be looked at.
            OSError: its file cannot be read, or its results not be written.
        """
        if photo.reason:
            raise PhotoError(photo.reason)
        if orthomosaic.is_map(photo.path, max_megapixels=self._files.max_megapixels):
            return self._map(photo)
        known = None if self._settings.again else self._journal.unchanged(photo.name, photo.path)
        mask = self._out / f"{photo.name}{MASK}"
        if known is not None and known.segmenter != self._segmenter:
            known = None
        if known is not None and known.measurer == self._measurer and mask.is_file():
            return known
        stamp, data = journal.stamp(photo.path), photo.path.read_bytes()
        picture = picture_files.read(data, max_megapixels=self._files.max_megapixels)
        levels = None if known is None else _mask(mask, picture.rgb.shape[:2])
        if levels is None:
            levels = self._load().segment(picture.rgb, name=photo.name).confidence
        return self._written(photo, stamp, data, picture, levels)

    def _map(self, photo: PhotoFile) -> Entry:
        """What is known of an orthomosaic; raises as :meth:`entry`."""
        known = None if self._settings.again else self._journal.unchanged(photo.name, photo.path)
        masked = (self._out / f"{photo.name}{MAP_MASK}").is_file()
        if known is None or known.segmenter != self._segmenter:
            masked = False
        elif known.measurer == self._measurer and masked:
            return known
        stamp, digest = journal.stamp(photo.path), journal.digest_of(photo.path)
        self._check_free(photo.name, (MAP_MASK, MAP_LAYER, PICTURE))
        self._journal.begin(photo.name)
        seen = orthomosaic.inspect_map(
            photo.path,
            self._out / photo.name,
            segment=None if masked else lambda rgb: self._load().segment(rgb).confidence,
            key=f"{digest} {self._segmenter}",
            settings=self._files.geometry,
            sources=self._settings.sources,
            drawn=not self._settings.masks_only,
        )
        return self._added(photo, stamp, digest, seen.row, seen.cracks)

    def _written(
        self,
        photo: PhotoFile,
        stamp: tuple[int, int],
        data: bytes,
        picture: picture_files.Picture,
        levels: UInt8[np.ndarray, "h w"],
    ) -> Entry:
        from crackpipe.apply.survey import look

        seen = look.measure(
            str(photo.path),
            data,
            picture,
            levels,
            settings=self._files.geometry,
            sources=self._settings.sources,
            drawn=not self._settings.masks_only,
        )
        results = {MASK: images.encode_grey(seen.levels)}
        if seen.picture is not None:
            results[PICTURE] = images.encode_jpeg(seen.picture, quality=QUALITY)
        self._check_free(photo.name, results)
        self._journal.begin(photo.name)
        for suffix, encoded in results.items():
            atomic.write_bytes(self._out / f"{photo.name}{suffix}", encoded)
        return self._added(photo, stamp, journal.digest(data), seen.row, seen.cracks)

    def _added(
        self,
        photo: PhotoFile,
        stamp: tuple[int, int],
        digest: str,
        row: dict[str, Any],
        cracks: list[dict[str, Any]],
    ) -> Entry:
        names = {"photo": str(photo.path), "name": photo.name}
        made_by = {"segmenter": self._segmenter, "measurer": self._measurer}
        entry = Entry(**names, stamp=stamp, digest=digest, **made_by, row=names | row, cracks=cracks)
        self._journal.add(entry)
        return entry

    def _check_free(self, name: str, suffixes: Iterable[str]) -> None:
        taken = [path for path in (self._out / f"{name}{suffix}" for suffix in suffixes) if path.exists()]
        if taken and not self._journal.has_begun(name):
            raise PhotoError(
                f"{taken[0]} is there and is none of this survey's results; name another folder with --out"
            )

    def _load(self) -> "TrainedSegmenter":
        if self._trained is None:
            from crackpipe.apply import trained_segmenter

            self._trained = trained_segmenter.load(self._files)
        return self._trained


def _is_result(photo: Path, out: Path) -> bool:
    """Whether a picture is one of an earlier survey among the photographs themselves."""
    return photo.name.endswith((MASK, PICTURE, MAP_MASK)) and photo.resolve().is_relative_to(out.resolve())


def _check_folder(out: Path) -> None:
    for path in (out, *out.parents):
        if path.exists() and not path.is_dir():
            raise CrackpipeError(
                f"{path}: is a file, but results go into a folder; name another with --out, or move it"
            )


def _mask(path: Path, shape: tuple[int, ...]) -> UInt8[np.ndarray, "h w"] | None:
    """The mask of an earlier inspection; ``None`` where it is missing, damaged or of another size."""
    try:
        levels = images.decode_grey(path.read_bytes())
    except (OSError, PhotoError):
        return None
    return levels if levels.shape == shape else None


def _run(files: SegmenterFiles, settings: SurveySettings, found: Outcome) -> dict[str, Any]:
    """What made the survey: the same survey gives the same bytes."""
    return {
        "crackpipe": importlib.metadata.version("crackpipe"),
        "model": {"name": files.name, "digest": files.digest(), "card": files.card},
        "settings": {"geometry": asdict(files.geometry), "scale": asdict(settings.sources)},
        "classes": asdict(settings.limits),
        "date": None,
        "photographs": len(found.photos),
        "refused": len(found.refused),
    }
