"""A test bench for a segmenter that meets surfaces it was not trained on: chosen on validation, scored as it is used.

A user has one threshold, not the best of 99 on the test set, and photographs without a crack. What counts as a crack is
chosen on validation photographs, their crack-free squares, and drawn surfaces; then F1 is told beside ODS on the test
photographs of each source, and how much is claimed where there is no crack. Surfaces are drawn anew for that.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe import console
from crackpipe.data.demo import survey
from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures import pixel_calibration
from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength
from crackpipe.measures.pixel_calibration import Counts
from crackpipe.tune import bench_scores, operating_point
from crackpipe.tune import missed as missed_at
from crackpipe.tune.bench_scores import Scored

COLUMNS = ["photo_id", "source", "split", "group_id", "mask"]
SPLITS = ("val", "test")
RISKS = (0.05, 0.1, 0.2)  # shares of crack length that may be missed
DRAWN = "drawn"
DIGITS = 4
Levels = UInt8[np.ndarray, "_h _w"]
Truth = Bool[np.ndarray, "_h _w"]
Seen = tuple[Levels, Truth]
Segment = Callable[[UInt8[np.ndarray, "_h _w 3"]], Levels]


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What the bench asks.

    Attributes:
        photos: drawn surfaces that settings are chosen on, of which a third has no crack; as many others are drawn to
            be scored.
        side_px: of these, height and width.
        seed: of these; the others have the next one.
        square_px: side of the crack-free squares of photographs.
        tolerance_px: distance up to which a crack pixel is right, beside the exact figures.
        gap_px, min_elongation: see :class:`crackpipe.measures.geometry.GeometrySettings`.
    """

    photos: int
    side_px: int
    seed: int
    square_px: int
    tolerance_px: int
    gap_px: float
    min_elongation: float


def run(
    photos: Path, masks: Path, *, segment: Segment, settings: BenchSettings, doubtful: Collection[str]
) -> dict[str, Any]:
    """Choose what counts as a crack on the split val, and score on the split test.

    Args:
        photos, masks: the ``photos`` table, and the ``masks`` table of the segmenter.
        segment: the segmenter with the settings of its masks; it looks at the drawn surfaces.
        settings: what is asked.
        doubtful: photographs whose ground truth is known to be wrong; they are left out.

    Returns:
        ``cracks``: the settings of :class:`crackpipe.measures.geometry.GeometrySettings`. ``confidence``: ``slope`` and
        ``offset`` of :class:`crackpipe.measures.pixel_calibration.PixelCalibration`; cracks are of calibrated maps, and
        ODS, OIS and AP of the network's own, which rank pixels alike and more finely.

        ``val``: F1 and the share that is left alone of each kind of photographs without a crack, see
        :mod:`operating_point`. ``test``: by source ``photographs``, ``ods``, ``ois``, ``ap`` and ``threshold`` (of
        ODS), ``f1`` of what counts as a crack, the mean over photographs, and the same within ``tolerance_px`` as
        ``ods_2px`` …. ``crack_free``: by source, and of drawn surfaces, ``photographs`` (or ``squares`` of them),
        ``megapixels``, the share ``claimed`` of them, and of photographs ``alarms_per_mpx``: cracks told.

        ``pixels``: by split and source the calibration error of pixels, before and after. ``missed``: of
        :class:`crackpipe.measures.missed_length.MissedLength`. ``risk``: for each risk asked for its ``level``, and
        how much was ``missed`` there, on val, which has chosen it, and on the sources of test.

    Raises:
        TableError: a table is missing, they hold different photographs, or no validation photograph shows a crack.
    """
    known = list(_maps(photos, masks, doubtful=doubtful))
    if not any(one.split == "val" and one.truth.any() for one in known):
        raise TableError(f"{photos}: no mask of val shows a crack; what counts as one is chosen on some")
    counts = {place: pixel_calibration.count((one.levels, one.truth) for one in maps) for place, maps in _by(known)}
    calibration = pixel_calibration.fit(np.sum([counts[place] for place in counts if place.startswith("val/")], axis=0))
    table = calibration.table()
    cracks, of_val = _chosen(
        [(table[one.levels], one.truth) for one in known if one.split == "val"],
        [(table[levels], truth) for levels, truth in _drawn(segment, settings, seed=settings.seed)],
        settings,
    )
    of_source: dict[str, Iterable[Seen]] = {
        place.removeprefix("test/"): [(one.levels, one.truth) for one in maps]
        for place, maps in _by(known)
        if place.startswith("test/")
    }
    of_source[DRAWN] = _drawn(segment, settings, seed=settings.seed + 1)
    test, crack_free = {}, {}
    asked = {"tolerance_px": settings.tolerance_px, "square_px": settings.square_px}
    for source, maps in sorted(of_source.items()):
        bar = console.bar(maps, what=f"score {source}", total=None, unit="photos")
        scored = [Scored.of(levels, table[levels], truth, cracks=cracks, **asked) for levels, truth in bar]
        test[source] = bench_scores.with_cracks(scored, tolerance_px=settings.tolerance_px)
        crack_free[source] = bench_scores.without_cracks(scored, square_px=settings.square_px)
    missed = _missed([one for one in known if one.split == "val"], table, cracks, settings)
    assert missed is not None  # some photograph of val shows a crack
    return {
        "cracks": asdict(cracks),
        "confidence": asdict(calibration),
        "val": of_val,
        "test": {source: figures for source, figures in test.items() if figures},
        "crack_free": {source: figures for source, figures in crack_free.items() if figures},
        "pixels": {place: _pixels(count, table) for place, count in counts.items()},
        "missed": asdict(missed),
        "risk": _risk(missed, known, table, cracks, settings),
    }


@dataclass(frozen=True, slots=True)
class _Map:
    """Confidence and truth of a photograph, and where it belongs."""

    split: str
    source: str
    group: str
    levels: Levels
    truth: Truth


def _maps(photos: Path, masks: Path, *, doubtful: Collection[str]) -> Iterator[_Map]:
    """Photographs of val and test that have both."""
    segmented = set(parquet.read(masks, schemas.MASKS, columns=["photo_id"])["photo_id"].to_pylist())
    rows = (row for row in parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS) if row["photo_id"] in segmented)
    levels = ((row["photo_id"], row["mask"]) for row in parquet.scan(masks, schemas.MASKS))
    joined = parquet.joined(
        console.bar(rows, what="bench", total=len(segmented), unit="photos"),
        {masks.name: levels},
        where=lambda _: str(masks),
        stage=lambda name: f"segment@{name}",
    )
    for row, encoded in joined:
        if row["mask"] is not None and row["split"] in SPLITS and row["photo_id"] not in doubtful:
            level, truth = images.decode_grey(encoded[masks.name]), images.decode_mask(row["mask"])
            yield _Map(row["split"], row["source"], row["group_id"], level, truth)


def _by(known: Sequence[_Map]) -> list[tuple[str, list[_Map]]]:
    """Photographs by split and source, ``val/crack500``, sorted."""
    found: dict[str, list[_Map]] = defaultdict(list)
    for one in known:
        found[f"{one.split}/{one.source}"].append(one)
    return sorted(found.items())


def _chosen(val: list[Seen], drawn: list[Seen], settings: BenchSettings) -> tuple[GeometrySettings, dict[str, Any]]:
    """What counts as a crack, and how it does where it was chosen; a kind without a map is left out."""
    squares = [part for seen in val for part in bench_scores.crack_free_squares(*seen, side_px=settings.square_px)]
    sound = {"photographs": val, DRAWN: drawn}
    silent = {"squares": squares}
    silent |= {kind: [levels for levels, truth in maps if not truth.any()] for kind, maps in sound.items()}
    silent = {kind: maps for kind, maps in silent.items() if maps}
    cracked = {"val": val} | ({DRAWN: drawn} if drawn else {})
    best = operating_point.best(operating_point.search(cracked, silent))
    chosen = {name: float(best[name]) for name in ("level", "certain", "min_length_px")}
    cracks = GeometrySettings(**chosen, gap_px=settings.gap_px, min_elongation=settings.min_elongation)
    quiet = {kind: round(float(best[f"quiet_{kind}"]), DIGITS) for kind in silent}
    return cracks, {"f1": round(float(best["f1"]), DIGITS), "quiet": quiet}


def _pixels(count: Counts, table: UInt8[np.ndarray, "256"]) -> dict[str, float]:
    """Calibration error of pixels, of the network's confidences and of the calibrated ones."""
    calibrated = np.zeros_like(count)
    np.add.at(calibrated, table, count)
    errors = {"ece": pixel_calibration.error(count), "ece_calibrated": pixel_calibration.error(calibrated)}
    return {name: round(value, DIGITS) for name, value in errors.items()}


def _missed(
    maps: Sequence[_Map],
    table: UInt8[np.ndarray, "256"],
    cracks: GeometrySettings,
    settings: BenchSettings,
    levels: Sequence[float] = missed_at.LEVELS,
) -> MissedLength | None:
    """What is missed at each level above that of pixels of which the network is surest that they are none."""
    bar = console.bar(maps, what="missed length", total=len(maps), unit="photos")
    return missed_at.measure(
        ((one.group, table[one.levels], one.truth) for one in bar),
        cracks=cracks,
        tolerance_px=settings.tolerance_px,
        levels=[level for level in levels if level > table[0] / 255] or [levels[-1]],
    )


def _risk(
    missed: MissedLength,
    known: Sequence[_Map],
    table: UInt8[np.ndarray, "256"],
    cracks: GeometrySettings,
    settings: BenchSettings,
) -> dict[str, Any]:
    """What is missed at the levels that promise some risks, on val itself and on each source of test."""
    at = dict(zip(missed.levels, missed.missed, strict=True))
    levels = {risk: missed.level(risk) for risk in RISKS}
    wanted = sorted({level for level in levels.values() if level is not None})
    found: dict[str, dict[float, float]] = {"val": {level: at[level] for level in wanted}}
    for place, maps in _by(known):
        if place.startswith("test/") and wanted:
            here = _missed(maps, table, cracks, settings, levels=wanted)
            if here is not None:
                found[place] = dict(zip(here.levels, here.missed, strict=True))
    return {
        f"{risk:g}": {"level": level, "missed": {place: at[level] for place, at in found.items()} if level else {}}
        for risk, level in levels.items()
    }


def _drawn(segment: Segment, settings: BenchSettings, *, seed: int) -> Iterator[Seen]:
    """Drawn surfaces with the segmenter's confidences."""
    if not settings.photos:
        return
    surfaces = survey.photographs(photos=settings.photos, side_px=settings.side_px, seed=seed)
    for surface in console.bar(surfaces, what="drawn surfaces", total=settings.photos, unit="photos"):
        assert surface.read_mask is not None  # the demo's have one
        yield segment(images.decode_rgb(surface.read_image())), surface.read_mask()
