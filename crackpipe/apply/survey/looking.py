"""A look at one photograph after the other: what is known of it, what the segmenter sees, what is written about it."""

import importlib.metadata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from crackpipe.apply import orthomosaic
from crackpipe.apply.photo_files import PhotoFile
from crackpipe.apply.segmenter_files import SegmenterFiles
from crackpipe.apply.survey import columns, journal, look
from crackpipe.apply.survey.journal import Entry, Journal
from crackpipe.apply.survey.results import MAP_LAYER, MAP_MASK, MASK, PICTURE, QUALITY
from crackpipe.apply.survey.settings import SurveySettings
from crackpipe.data.datasets import layout
from crackpipe.errors import PhotoError
from crackpipe.files import atomic, fingerprint
from crackpipe.imaging import images, picture_files
from crackpipe.imaging.picture_files import Picture

if TYPE_CHECKING:
    from crackpipe.apply.trained_segmenter import TrainedSegmenter


@dataclass(frozen=True, slots=True)
class Seen:
    """A photograph and its map of confidence.

    Attributes:
        photo: its file.
        stamp: see :class:`crackpipe.apply.survey.journal.Entry`.
        data: bytes of the file.
        picture: its pixels.
        levels: confidence, 0–255.
    """

    photo: PhotoFile
    stamp: tuple[int, int]
    data: bytes
    picture: Picture
    levels: UInt8[np.ndarray, "h w"]


class Looking:
    """A folder of results, and the segmenter that makes them."""

    def __init__(self, out: Path, files: SegmenterFiles, settings: SurveySettings) -> None:
        self._out, self._files, self._settings = out, files, settings
        self.journal = Journal(out)
        self._segmenter = files.digest()
        version = importlib.metadata.version("crackpipe")  # another may measure otherwise
        values = {
            "scale": asdict(settings.sources),
            "pictures": not settings.masks_only,
            "crackpipe": version,
            "columns": [*columns.PHOTOS, *columns.CRACKS],
        }
        self._measurer = fingerprint.of(values, [])
        self._trained: TrainedSegmenter | None = None

    def at(self, photo: PhotoFile) -> Seen | Entry:
        """What the journal knows of a photograph that has not changed, or what the segmenter sees on it.

        Raises:
            PhotoError: it cannot be looked at.
            OSError: its file cannot be read.
        """
        if photo.reason:
            raise PhotoError(photo.reason)
        if orthomosaic.is_map(photo.path, max_megapixels=self._files.max_megapixels):
            return self._map(photo)
        known = None if self._settings.again else self.journal.unchanged(photo.name, photo.path)
        mask = self._out / f"{photo.name}{MASK}"
        if known is not None and known.segmenter != self._segmenter:
            known = None
        if known is not None and known.measurer == self._measurer and mask.is_file():
            return known
        stamp, data = journal.stamp(photo.path), layout.read_bytes(photo.path)
        picture = picture_files.read(data, max_megapixels=self._files.max_megapixels)
        levels = None if known is None else _mask(mask, picture.rgb.shape[:2])
        if levels is None:
            levels = self._load().segment(picture.rgb, name=photo.name).confidence
        return Seen(photo, stamp, data, picture, levels)

    def written(self, seen: Seen) -> Entry:
        """Measure what was seen, and write all results of the photograph.

        Raises:
            PhotoError: results of its name are not the survey's.
            OSError: they cannot be written.
        """
        photo, data = seen.photo, seen.data
        found = look.measure(
            str(photo.path),
            data,
            seen.picture,
            seen.levels,
            settings=self._files.geometry,
            sources=self._settings.sources,
            drawn=not self._settings.masks_only,
        )
        results = {MASK: images.encode_grey(found.levels)}
        if found.picture is not None:
            results[PICTURE] = images.encode_jpeg(found.picture, quality=QUALITY)
        self._check_free(photo.name, results)
        self.journal.begin(photo.name)
        for suffix, encoded in results.items():
            atomic.write_bytes(self._out / f"{photo.name}{suffix}", encoded)
        return self._added(photo, seen.stamp, journal.digest(data), found.row, found.cracks)

    def _map(self, photo: PhotoFile) -> Entry:
        """What is known of an orthomosaic; raises as :meth:`at` and :meth:`written`."""
        known = None if self._settings.again else self.journal.unchanged(photo.name, photo.path)
        masked = (self._out / f"{photo.name}{MAP_MASK}").is_file()
        if known is None or known.segmenter != self._segmenter:
            masked = False
        elif known.measurer == self._measurer and masked:
            return known
        stamp, digest = journal.stamp(photo.path), journal.digest_of(photo.path)
        self._check_free(photo.name, (MAP_MASK, MAP_LAYER, PICTURE))
        self.journal.begin(photo.name)
        found = orthomosaic.inspect_map(
            photo.path,
            self._out / photo.name,
            segment=None if masked else lambda rgb: self._load().segment(rgb).confidence,
            key=f"{digest} {self._segmenter}",
            settings=self._files.geometry,
            sources=self._settings.sources,
            drawn=not self._settings.masks_only,
        )
        return self._added(photo, stamp, digest, found.row, found.cracks)

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
        self.journal.add(entry)
        return entry

    def _check_free(self, name: str, suffixes: Iterable[str]) -> None:
        taken = [path for path in (self._out / f"{name}{suffix}" for suffix in suffixes) if path.exists()]
        if taken and not self.journal.has_begun(name):
            raise PhotoError(
                f"{taken[0]} is there and is none of this survey's results; name another folder with --out"
            )

    def _load(self) -> "TrainedSegmenter":
        if self._trained is None:
            from crackpipe.apply import trained_segmenter

            self._trained = trained_segmenter.load(self._files)
        return self._trained


def _mask(path: Path, shape: tuple[int, ...]) -> UInt8[np.ndarray, "h w"] | None:
    """The mask of an earlier inspection; ``None`` where it is missing, damaged or of another size."""
    try:
        levels = images.decode_grey(path.read_bytes())
    except (OSError, PhotoError):
        return None
    return levels if levels.shape == shape else None
