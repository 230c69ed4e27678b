"""Pictures to look at: photograph, ground truth, pseudo-labels and predictions side by side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, UInt8

from crackpipe.files import parquet, schemas
from crackpipe.imaging import contact_sheet, images
from crackpipe.measures.scoreboard import Key, Scoreboard
from crackpipe.pseudo import baselines
from crackpipe.pseudo.baselines import LocalThresholds
from crackpipe.report import evaluation

COLOURS = {"ground truth": (0, 200, 80), "pseudo-label": (255, 160, 0), "prediction": (255, 40, 40)}
THRESHOLDS = ("niblack", "sauvola", "multi_otsu", "patch_otsu")  # of König et al.'s Figure 3
PANEL_PX = 280
SMALL_PX = 210  # where there are many
_LABEL = ["photo_id", "mask", "binarise"]


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables that pictures are drawn from; of each only the rows that are drawn are read.

    Attributes:
        photos: the ``photos`` table.
        labels: folder with one ``pseudo_labels`` table for each kind of labels.
        masks: folder with one ``masks`` table for each segmenter and kind of labels.
    """

    photos: Path
    labels: Path
    masks: Path


@dataclass(frozen=True, slots=True)
class Panel:
    """A picture of the grid, RGB, with its title above and a note below."""

    title: str
    picture: UInt8[np.ndarray, "h w 3"]
    note: str = ""


def choose(ranked: pd.DataFrame, *, rows: int) -> pd.DataFrame:
    """Choose the ``rows`` best, median and worst photographs; fewer where there are fewer.

    Args:
        ranked: photographs from best to worst.
        rows: photographs of each kind, 1 or more.

    Returns:
        The chosen rows with a column ``rank``: best, median or worst.
    """
    middle = max(0, (len(ranked) - rows) // 2)
    index_of = {
        "best": range(min(rows, len(ranked))),
        "median": range(middle, min(middle + rows, len(ranked))),
        "worst": range(max(0, len(ranked) - rows), len(ranked)),
    }
    rank_of: dict[int, str] = {}
    for rank, index in index_of.items():
        for i in index:
            rank_of.setdefault(i, rank)
    return ranked.iloc[list(rank_of)].assign(rank=list(rank_of.values()))


def draw_test(
    folder: Path,
    board: Scoreboard,
    tables: Tables,
    *,
    methods: Sequence[str],
    trained: Sequence[tuple[str, str]],
    local: LocalThresholds,
    rows: int,
) -> None:
    """Write the pictures of every source's test photographs: one for each segmenter and labels, one with all.

    Args:
        folder: takes ``<source>-<segmenter>-<labels>.jpg`` and ``<source>-all.jpg``.
        board, tables, methods, trained, local, rows: see :func:`draw_all`.
    """
    keys = [
        (segmenter, labels, source, split)
        for segmenter, labels, source, split in board.sorted_keys()
        if (segmenter, labels) in trained and split == "test" and "_without_" not in source
    ]
    for key in keys:
        draw(folder / f"{key[2]}-{key[0]}-{key[1]}.jpg", board, key, tables, rows=rows)
    for source in sorted({source for _, _, source, _ in keys}):
        path = folder / f"{source}-all.jpg"
        draw_all(path, board, source, tables, methods=methods, trained=trained, local=local, rows=rows)


def draw(path: Path, board: Scoreboard, key: Key, tables: Tables, *, rows: int) -> None:
    """Write the gallery of one (segmenter, labels, source, split) as JPEG; predictions at its ODS threshold.

    Args:
        path: file to write.
        board: as :func:`crackpipe.report.evaluation.evaluate` returns it.
        key: one of its keys.
        tables: what is drawn.
        rows: of best, of median and of worst photographs each.
    """
    ranked = evaluation.ranked(board, key)
    chosen = choose(ranked, rows=rows)
    wanted = list(chosen["photo_id"])
    by_photo = _pick(tables.photos, schemas.PHOTOS, wanted, ["photo_id", "image", "mask"])
    by_label = _pick(tables.labels / key[1], schemas.PSEUDO_LABELS, wanted, _LABEL)
    by_mask = _pick(tables.masks / f"{key[0]}-{key[1]}", schemas.MASKS, wanted, ["photo_id", "mask"])
    titles, panels = [], []
    for photo_id, f1, rank in chosen.itertuples(index=False):
        image = images.decode_rgb(by_photo[photo_id]["image"])
        layers = {
            "ground truth": images.decode_mask(by_photo[photo_id]["mask"]),
            "pseudo-label": _above(by_label[photo_id]["mask"], by_label[photo_id]["binarise"]),
            "prediction": _above(by_mask[photo_id]["mask"], ranked.attrs["threshold"]),
        }
        titles.append(f"{rank}: {photo_id}, F1 {f1:.2f}")
        drawn = [image, *(contact_sheet.overlay(image, layer, COLOURS[name]) for name, layer in layers.items())]
        panels.append([_small(picture, PANEL_PX) for picture in drawn])
    _save(path, titles, panels, heading=f"{key[0]} trained on {key[1]} labels, {key[2]} {key[3]}")


def draw_all(
    path: Path,
    board: Scoreboard,
    source: str,
    tables: Tables,
    *,
    methods: Sequence[str],
    trained: Sequence[tuple[str, str]],
    local: LocalThresholds,
    rows: int,
) -> None:
    """Write all labels and all segmenters on the same test photographs as one JPEG (König et al., Figures 3, 4 and 6).

    A photograph takes a block: in the first row it, its ground truth and thresholds; in the second its labels, one of
    each kind; then a row for each segmenter, with its predictions by the labels above that it was trained on, at its
    ODS thresholds.

    Args:
        path: file to write.
        board: as :func:`crackpipe.report.evaluation.evaluate` returns it.
        source: whose photographs; best, median and worst by the mean F1 of all segmenters.
        tables: what is drawn.
        methods: kinds of labels.
        trained: name of each segmenter, and of the labels that it was trained on.
        local: of the thresholds of windows.
        rows: of best, of median and of worst photographs each.
    """
    ranked = {key: evaluation.ranked(board, (*key, source, "test")) for key in trained}
    segmenters = list(dict.fromkeys(segmenter for segmenter, _ in trained))
    kinds = list(dict.fromkeys([*methods, *(kind for _, kind in trained)]))
    f1 = pd.concat(ranked.values()).groupby("photo_id")["f1"].mean().reset_index()
    chosen = choose(f1.sort_values(["f1", "photo_id"], ascending=[False, True], ignore_index=True), rows=rows)
    wanted = list(chosen["photo_id"])
    by_photo = _pick(tables.photos, schemas.PHOTOS, wanted, ["photo_id", "image", "mask"])
    by_label = {name: _pick(tables.labels / name, schemas.PSEUDO_LABELS, wanted, _LABEL) for name in methods}
    by_mask = {key: _pick(tables.masks / "-".join(key), schemas.MASKS, wanted, ["photo_id", "mask"]) for key in ranked}
    grid: list[list[Panel | None]] = []
    for photo_id, mean, rank in chosen.itertuples(index=False):
        image = images.decode_rgb(by_photo[photo_id]["image"])

        def over(name: str, mask: Bool[np.ndarray, "h w"], title: str, image: Any = image) -> Panel:
            return Panel(title, _small(contact_sheet.overlay(image, mask, COLOURS[name]), SMALL_PX))

        truth = over("ground truth", images.decode_mask(by_photo[photo_id]["mask"]), "ground truth")
        thresholds = baselines.all_of(image, local)
        first = [over("pseudo-label", thresholds[name] > 0, name) for name in THRESHOLDS]
        grid.append(
            [Panel("photograph", _small(image, SMALL_PX), f"{rank}: {photo_id}, mean F1 {mean:.2f}"), truth, *first]
        )
        above = {kind: _above(label[photo_id]["mask"], label[photo_id]["binarise"]) for kind, label in by_label.items()}
        grid.append([over("pseudo-label", above[kind], kind) if kind in above else None for kind in kinds])
        for segmenter in segmenters:
            line: list[Panel | None] = []
            for kind in kinds:
                key = (segmenter, kind)
                if key not in ranked:
                    line.append(None)
                    continue
                mask = _above(by_mask[key][photo_id]["mask"], ranked[key].attrs["threshold"])
                line.append(over("prediction", mask, f"{segmenter} ({kind})"))
            grid.append(line)
    heading = f"All labels (orange) and segmenters (red) on the same photographs, {source} test"
    _save_grid(path, grid, heading=heading, panel_px=SMALL_PX)


def _small(picture: UInt8[np.ndarray, "h w 3"], panel_px: int) -> UInt8[np.ndarray, "r c 3"]:
    """A picture at no more than twice the size at which it is shown: all of a grid are held at once."""
    return contact_sheet.thumbnail(picture, side_px=2 * panel_px)


def _above(levels: bytes, threshold: float) -> Bool[np.ndarray, "h w"]:
    return images.at_least(images.decode_grey(levels), threshold)


def _pick(path: Path, schema: schemas.Schema, wanted: Collection[str], columns: list[str]) -> dict[str, dict[str, Any]]:
    return {row["photo_id"]: row for row in parquet.pick(path, schema, values=wanted, columns=columns)}


def _save(path: Path, titles: list[str], panels: list[list[np.ndarray]], *, heading: str) -> None:
    names = ["photograph", *COLOURS]
    grid: list[list[Panel | None]] = [
        [Panel(names[col] if row == 0 else "", picture, title if col == 0 else "") for col, picture in enumerate(line)]
        for row, (title, line) in enumerate(zip(titles, panels, strict=True))
    ]
    _save_grid(path, grid, heading=heading, panel_px=PANEL_PX)


def _save_grid(path: Path, grid: list[list[Panel | None]], *, heading: str, panel_px: int) -> None:
    """Write pictures in rows, each with a title above and a note below."""
    from matplotlib.figure import Figure

    columns = max(map(len, grid))
    figure = Figure(figsize=(columns * panel_px / 100, len(grid) * panel_px / 100 + 0.5), dpi=100)
    figure.set_layout_engine("constrained")
    axes = figure.subplots(len(grid), columns, squeeze=False)
    for each in axes.flat:
        each.set_axis_off()
    for row, line in enumerate(grid):
        for col, panel in enumerate(line):
            if panel is None:
                continue
            axes[row, col].imshow(panel.picture, interpolation="antialiased")
            axes[row, col].set_title(panel.title, fontsize=9)
            axes[row, col].text(0, -0.02, panel.note, transform=axes[row, col].transAxes, fontsize=8, va="top")
    figure.suptitle(heading, fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, pil_kwargs={"quality": 85})
