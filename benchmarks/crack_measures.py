"""Measure the same cracks with crackpipe, crackenpy and what scikit-image and skan give: errors, and seconds.

Run ``python -m benchmarks.crack_measures [--photos N] [--data DIR]``. crackenpy (`pip install --no-deps crackenpy
sknw`) takes part where it is installed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import command, crack_cases, crack_rivals, photographs, table, timing
from benchmarks.crack_cases import Case
from benchmarks.crack_rivals import Measure
from benchmarks.drawn_cracks import hard, soft
from benchmarks.timing import Times

PHOTOS = 16
TURNS = 3
OURS = "crackpipe"
COLUMNS = (
    "cracks",
    "way",
    "length: error, %",
    "largest",
    "width: error, px",
    "largest",
    "s per Mpx",
    "bar",
    "passed",
)


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Drawn shapes, hairlines, and the masks of ``photos`` photographs, measured in every way."""
    chosen = photographs.load(photos, data=data)
    hairlines = crack_cases.hairlines_in_photographs(chosen)
    drawn: list[tuple[str, list[Case], tuple[float, float] | None]] = [
        ("bars, 2–40 px, soft edges", crack_cases.bars(soft), (2.0, 0.3)),
        ("bars, 2–40 px, hard masks", crack_cases.bars(hard), None),
        ("ring, Y, comb, taper, line, border; soft edges", crack_cases.shapes(soft), (2.0, 0.3)),
        ("ring, Y, comb, taper, line, border; hard masks", crack_cases.shapes(hard), None),
        ("hairlines, 0.4–3 px, on a plain surface", crack_cases.hairlines(), (2.0, 0.2)),
        (f"hairlines, 0.4–3 px, in {len(hairlines) // len(crack_cases.HAIRLINE_WIDTHS)} photographs", hairlines, None),
    ]
    rows = [row for name, cases, bar in drawn for row in against_truth(name, cases, bar=bar)]
    rows += against_ours(f"masks of {photographs.counted(photos)}, against ours", crack_cases.masks(chosen))
    return table.Section(
        title="Length and width of cracks",
        about="Total length and mean width of the cracks of a map: mean and largest error, without sign, against what "
        "was drawn; seconds for a million pixels of map. Ours reads the confidence, and the photograph where there is "
        f"one; the others read the mask at one half. On {photographs.described(data)}.",
        rows=tuple(rows),
        columns=COLUMNS,
        notes=(
            f"Bars run at {len(crack_cases.BAR_DEGREES)} angles. Ours was developed on shapes like these. A hard mask "
            "no longer tells where in a pixel its edges were: a bar of 3 px at 45° fills 3.5 px, whoever measures it.",
            "The hairlines' map is three pixels wide, as a segmenter's is: their width is in the photograph alone. On "
            f"the plain surface the line is blurred by σ ≤ {max(crack_cases.BLURS):g} px, and the noise is "
            f"{crack_cases.NOISE:g} grey levels; photographs bring their own noise, and the line's blur is "
            f"{crack_cases.PHOTO_BLUR:g} px.",
            "crackenpy 0.1.81: its own code on these masks, without its network. Both its lengths are given: edges of "
            "its graph with more than 20 points, and pixels of the skeleton. Its width is crack pixels ÷ pixels of the "
            "skeleton, of which a diagonal has too few.",
            "scikit-image's default skeleton, which skan reads here, too, shrinks a bar of 10 px at 45° to one pixel: "
            "100 %.",
            "Masks of photographs have no truth: the errors there are distances from ours.",
        ),
    )


def against_truth(name: str, cases: Sequence[Case], *, bar: tuple[float, float] | None) -> list[table.Row]:
    """A row a way, with its errors; ``bar``: the largest of ours that pass, % of length and px of width."""
    found, seconds = measured(name, cases)
    truth = [Measure(case.length_px or 0.0, case.width_px or 0.0) for case in cases]
    return [
        _row(name, way, found.get(way), truth, seconds, bar=bar if way == OURS else None) for way in crack_rivals.WAYS
    ]


def against_ours(name: str, cases: Sequence[Case]) -> list[table.Row]:
    """A row a way, with its distance from ours."""
    found, seconds = measured(name, cases)
    own = found.pop(OURS)
    rows = [_row(name, way, found.get(way), own, seconds, bar=None) for way in crack_rivals.WAYS if way != OURS]
    return [table.Row((name, OURS, *["–"] * 4, f"{seconds[OURS]:.2g}", table.NO_BAR), None), *rows]


def measured(name: str, cases: Sequence[Case]) -> tuple[dict[str, list[Measure]], dict[str, float]]:
    """Measures of each case, and seconds per million pixels, of each way that can be run here."""
    ways: dict[str, Callable[[], list[Measure]]] = {
        way: partial(_all, work, cases) for way, work in crack_rivals.WAYS.items() if crack_rivals.is_installed(way)
    }
    found, times = timing.by_turns(ways, turns=TURNS, what=name)
    pixels = sum(case.confidence.size for case in cases)
    return found, {way: _per_mpx(took, pixels) for way, took in times.items()}


def errors(found: Sequence[Measure], truth: Sequence[Measure]) -> tuple[float, float, float, float]:
    """Mean and largest error of the lengths in %, and of the widths in px, without sign."""
    length = np.array([abs(a.length_px / b.length_px - 1) * 100 for a, b in zip(found, truth, strict=True)])
    width = np.array([abs(a.width_px - b.width_px) for a, b in zip(found, truth, strict=True)])
    return float(length.mean()), float(length.max()), float(width.mean()), float(width.max())


def _all(work: Callable[[Case], Measure], cases: Sequence[Case]) -> list[Measure]:
    return [work(case) for case in cases]


def _per_mpx(took: Times, pixels: int) -> float:
    return took.median / pixels * 1e6


def _row(
    name: str,
    way: str,
    found: Sequence[Measure] | None,
    truth: Sequence[Measure],
    seconds: dict[str, float],
    *,
    bar: tuple[float, float] | None,
) -> table.Row:
    if found is None:
        return table.Row((name, way, "not installed", *["–"] * 4, table.NO_BAR), None)
    told = errors(found, truth)
    cells = [f"{value:.2g}" if value < 10 else f"{value:.0f}" for value in told]
    limits = table.NO_BAR if bar is None else f"≤ {bar[0]:g} %, {bar[1]:g} px"
    passed = None if bar is None else told[1] <= bar[0] and told[3] <= bar[1]
    return table.Row((name, way, *cells, f"{seconds[way]:.2g}", limits), passed)


if __name__ == "__main__":
    main()
