"""A test bench for a segmenter that meets surfaces it was not trained on: chosen on validation, scored as it is used.

A user has one threshold, not the best of 99 on the test set, and photographs without a crack. What counts as a crack is
chosen on validation photographs, their crack-free squares, and drawn surfaces; then F1 is told beside ODS on the test
photographs of each source, and how much is claimed where there is no crack. Surfaces are drawn anew for that.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from crackpipe import console
from crackpipe.data.demo import survey
from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.measures import geometry, pixel_calibration, segmentation
from crackpipe.measures.geometry import GeometrySettings
from crackpipe.measures.missed_length import MissedLength
from crackpipe.measures.segmentation import PhotoCounts
from crackpipe.tune import missed_length, operating_point

COLUMNS = ["photo_id", "source", "split", "group_id", "mask"]
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
        photos, side_px, seed: of the drawn surfaces that settings are chosen on, of which a third has no crack; as many
            others are drawn to be scored.
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
        ``offset`` of :class:`crackpipe.measures.pixel_calibration.PixelCalibration`; all else is of calibrated maps.

        ``val``: F1 and the share that is left alone of each kind of photographs without a crack, see
        :mod:`operating_point`. ``test``: by source ``photographs``, ``ods``, ``ois``, ``ap`` and ``threshold`` (of
        ODS), ``f1`` of what counts as a crack, the mean over photographs, and the same within ``tolerance_px`` as
        ``ods_2px`` …. ``crack_free``: by source, and of drawn surfaces, ``photographs`` (or ``squares`` of them),
        ``megapixels``, the share ``claimed`` of them, and of photographs ``alarms_per_mpx``: cracks told.

        ``pixels``: by split and source the calibration error of pixels, before and after. ``missed``: of
        :class:`crackpipe.measures.missed_length.MissedLength`. ``risk``: for each risk asked for its ``level``, and by
        split and source how much was ``missed`` there.

    Raises:
        TableError: a table is missing, they hold different photographs, or no validation photograph shows a crack.
    """
    raw = list(_maps(photos, masks, doubtful=doubtful))
    if not any(one.split == "val" and one.truth.any() for one in raw):
        raise TableError(f"{photos}: no mask of val shows a crack; what counts as one is chosen on some")
    counts = pixel_calibration.count((one.levels, one.truth) for one in raw if one.split == "val")
    calibration = pixel_calibration.fit(counts)
    table = calibration.table()
    known = [replace(one, levels=table[one.levels]) for one in raw]
    val = [one for one in known if one.split == "val"]
    drawn = list(_drawn(segment, table, settings, seed=settings.seed))
    cracks, of_val = _chosen([(one.levels, one.truth) for one in val], drawn, settings)
    of_source: dict[str, list[Seen]] = defaultdict(list)
    for one in known:
        if one.split == "test":
            of_source[one.source].append((one.levels, one.truth))
    if settings.photos:
        of_source[DRAWN] = list(_drawn(segment, table, settings, seed=settings.seed + 1))
    test, crack_free = {}, {}
    for source, maps in sorted(of_source.items()):
        scored = [_Scored.of(levels, truth, cracks, settings.tolerance_px) for levels, truth in maps]
        test[source] = _figures([one for one in scored if one.has_crack], tolerance_px=settings.tolerance_px)
        crack_free[source] = _crack_free(scored, [truth for _, truth in maps], side_px=settings.square_px)
    missed = missed_length.measure(((one.group, one.levels, one.truth) for one in val), cracks=cracks)
    assert missed is not None  # some photograph of val shows a crack
    return {
        "cracks": asdict(cracks),
        "confidence": asdict(calibration),
        "val": of_val,
        "test": {source: figures for source, figures in test.items() if figures},
        "crack_free": {source: figures for source, figures in crack_free.items() if figures},
        "pixels": _pixels(raw, known),
        "missed": asdict(missed),
        "risk": _risk(missed, known, cracks),
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
    """Photographs that have both."""
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
        if row["mask"] is not None and row["photo_id"] not in doubtful:
            level, truth = images.decode_grey(encoded[masks.name]), images.decode_mask(row["mask"])
            yield _Map(row["split"], row["source"], row["group_id"], level, truth)


def _chosen(val: list[Seen], drawn: list[Seen], settings: BenchSettings) -> tuple[GeometrySettings, dict[str, Any]]:
    """What counts as a crack, and how it does where it was chosen."""
    silent = {"squares": [part for _, part in _squares(val, settings.square_px)]}
    cracked = {"val": val}
    if drawn:
        cracked[DRAWN] = drawn
        silent[DRAWN] = [levels for levels, truth in drawn if not truth.any()]
    best = operating_point.best(operating_point.search(cracked, silent))
    chosen = {name: float(best[name]) for name in ("level", "certain", "min_length_px")}
    cracks = GeometrySettings(**chosen, gap_px=settings.gap_px, min_elongation=settings.min_elongation)
    quiet = {kind: round(float(best[f"quiet_{kind}"]), DIGITS) for kind in silent}
    return cracks, {"f1": round(float(best["f1"]), DIGITS), "quiet": quiet}


def _pixels(raw: Sequence[_Map], calibrated: Sequence[_Map]) -> dict[str, Any]:
    """Calibration error of pixels by split and source, of the network's confidences and of the calibrated ones."""
    places = sorted({(one.split, one.source) for one in raw if one.split != "train"})
    errors = {}
    for place in places:
        before, after = (
            pixel_calibration.error(
                pixel_calibration.count((one.levels, one.truth) for one in maps if (one.split, one.source) == place)
            )
            for maps in (raw, calibrated)
        )
        errors["/".join(place)] = {"ece": round(before, DIGITS), "ece_calibrated": round(after, DIGITS)}
    return errors


def _risk(missed: MissedLength, known: Sequence[_Map], cracks: GeometrySettings) -> dict[str, Any]:
    """What is missed at the levels that promise some risks, on val itself and on each source of test."""
    levels = {risk: missed.level(risk) for risk in RISKS}
    wanted = sorted({level for level in levels.values() if level is not None})
    found: dict[str, dict[float, float]] = {}
    for place in sorted({(one.split, one.source) for one in known if one.split in ("val", "test")}):
        maps = ((one.group, one.levels, one.truth) for one in known if (one.split, one.source) == place)
        here = missed_length.measure(maps, cracks=cracks, levels=wanted)
        if here is not None:
            found["/".join(place)] = dict(zip(here.levels, here.missed, strict=True))
    return {
        f"{risk:g}": {"level": level, "missed": {place: at[level] for place, at in found.items()} if level else {}}
        for risk, level in levels.items()
    }


def _drawn(segment: Segment, table: UInt8[np.ndarray, "256"], settings: BenchSettings, *, seed: int) -> Iterator[Seen]:
    """Drawn surfaces, as the segmenter sees them with calibrated confidences."""
    if not settings.photos:
        return
    surfaces = survey.photographs(photos=settings.photos, side_px=settings.side_px, seed=seed)
    for surface in console.bar(surfaces, what="drawn surfaces", total=settings.photos, unit="photos"):
        image = images.decode_rgb(surface.read_image())
        truth = np.zeros(image.shape[:2], bool) if surface.read_mask is None else surface.read_mask()
        yield table[segment(image)], truth


def _squares(maps: Sequence[Seen], side_px: int) -> Iterator[tuple[int, Levels]]:
    """Squares of photographs with cracks that hold none, and the number of their photograph."""
    for number, (levels, truth) in enumerate(maps):
        if not truth.any():
            continue
        height, width = truth.shape
        for row in range(0, height - side_px + 1, side_px):
            for col in range(0, width - side_px + 1, side_px):
                window = slice(row, row + side_px), slice(col, col + side_px)
                if not truth[window].any():
                    yield number, levels[window]


@dataclass(frozen=True, slots=True)
class _Scored:
    """Counts of one photograph: of its map, and of what counts as crack, exact and within some pixels; and its cracks.

    Attributes:
        has_crack: by its truth.
        levels, cracks: counts, see :mod:`crackpipe.measures.segmentation`.
        claimed: 255 on pixels that count as crack.
        found: number of cracks.
    """

    has_crack: bool
    levels: tuple[PhotoCounts, PhotoCounts]
    cracks: tuple[PhotoCounts, PhotoCounts]
    claimed: Levels
    found: int

    @classmethod
    def of(cls, levels: Levels, truth: Truth, cracks: GeometrySettings, tolerance_px: int) -> "_Scored":
        claimed = np.zeros(levels.shape, np.uint8)
        found = geometry.find(levels, cracks)
        for crack in found:
            claimed[tuple(crack.pixels.T)] = 255
        counts = [
            (segmentation.count(one, truth), segmentation.count_tolerant(one, truth, tolerance_px=tolerance_px))
            for one in (levels, claimed)
        ]
        return cls(bool(truth.any()), counts[0], counts[1], claimed, len(found))


def _figures(scored: list[_Scored], *, tolerance_px: int) -> dict[str, Any]:
    if not scored:
        return {}
    figures: dict[str, Any] = {"photographs": len(scored)}
    for place, suffix in enumerate(("", f"_{tolerance_px}px")):
        best = segmentation.score([one.levels[place] for one in scored])
        f1 = float(np.mean(segmentation.f1_at([one.cracks[place] for one in scored], threshold=0.5)))
        values = {"ods": best.ods, "ois": best.ois, "ap": best.ap, "f1": f1, "threshold": best.threshold}
        figures |= {f"{name}{suffix}": round(float(value), DIGITS) for name, value in values.items()}
    return figures


def _crack_free(scored: list[_Scored], truths: list[Truth], *, side_px: int) -> dict[str, Any]:
    """What is claimed of photographs without a crack; of crack-free squares of the others where there are none."""
    whole = [one for one in scored if not one.has_crack]
    if whole:
        parts, alarms = [one.claimed for one in whole], sum(one.found for one in whole)
    else:
        cut = _squares([(one.claimed, truth) for one, truth in zip(scored, truths, strict=True)], side_px)
        parts, alarms = [part for _, part in cut], None
    if not parts:
        return {}
    shares = np.array([np.count_nonzero(part) / part.size for part in parts])
    megapixels = sum(part.size for part in parts) / 1e6
    figures: dict[str, Any] = {
        "photographs" if whole else "squares": len(parts),
        "megapixels": round(megapixels, DIGITS),
        "claimed": round(float((shares >= operating_point.CLAIMED).mean()), DIGITS),
    }
    return figures | ({} if alarms is None else {"alarms_per_mpx": round(alarms / megapixels, DIGITS)})
