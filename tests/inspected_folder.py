"""A folder as `crackpipe inspect` leaves it: drawn photographs, the cracks of their exact masks, and pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from crackpipe.data.demo import photographs
from crackpipe.data.photo import RawPhoto
from crackpipe.imaging import images
from crackpipe.measures.geometry import Crack, GeometrySettings, find
from crackpipe.measures.width_classes import NAMED, classify

LIMITS = NAMED["aashto"]
RED = (214, 40, 40)
RUN: dict[str, Any] = {
    "crackpipe": "0.1.0",
    "model": {"name": "unet-truth", "digest": "9f2c41d07be3", "card": {"trained_on": ["demo"], "val": {"iou": 0.71}}},
    "run_by": {"engine": "onnx", "precision": "fp32"},
    "settings": {"level": 0.5, "gap_px": 8.0, "min_length_px": 20.0, "mask": None},
    "classes": {"name": LIMITS.name, "limits_mm": list(LIMITS.limits_mm), "names": list(LIMITS.names)},
    "photographs": 0,
    "refused": 0,
}


def crack_row(name: str, number: int, *, mm_per_px: float = np.nan, photo: str = "", **measures: Any) -> dict[str, Any]:
    """A row of cracks.csv: a level crack 100 px long and 4 px wide, but for what is given."""
    row = {
        **{"photo": photo or f"site/{name}.jpg", "name": name, "crack": number, "row_px": 40.0, "col_px": 60.0},
        **{"top_px": 38, "left_px": 10, "bottom_px": 42, "right_px": 110, "length_px": 100.0},
        **{"width_mean_px": 3.0, "width_median_px": 3.0, "width_p95_px": 3.9, "width_max_px": 4.0},
        **{"geometric_median_px": 3.0, "geometric_max_px": 4.0, "width_by": "geometric"},
        **{"photometric_median_px": np.nan, "photometric_max_px": np.nan},
        **{"orientation_deg": 0.0, "coherence": 1.0, "branch_points": 0, "end_points": 2, "area_px": 300},
        **{"confidence": 0.9},
    } | measures
    for kind in ("mean", "median", "p95", "max"):
        row[f"width_{kind}_mm"] = row[f"width_{kind}_px"] * mm_per_px
    row |= {"length_mm": row["length_px"] * mm_per_px, "area_mm2": row["area_px"] * mm_per_px**2}
    return row | {"class": classify(np.array([row["width_max_mm"]], float), LIMITS)[0]}


def photo_row(name: str, cracks: Sequence[dict[str, Any]] = (), *, mm_per_px: float = np.nan, **known: Any) -> dict:
    """A row of photos.csv: a photograph of 200 × 300 px with these cracks, but for what is given."""
    widest = max((crack["width_max_px"] for crack in cracks), default=np.nan)
    height, width = known.get("height_px", 200), known.get("width_px", 300)
    length_m = sum(crack["length_px"] for crack in cracks) * mm_per_px / 1000
    return {
        **{"photo": f"site/{name}.jpg", "name": name, "height_px": height, "width_px": width},
        **{"inside_px": height * width, "cracks": len(cracks), "crack_px": sum(crack["area_px"] for crack in cracks)},
        **{"in_line": 0},
        **{"length_px": sum(crack["length_px"] for crack in cracks), "length_m": length_m},
        **{"density_m_per_m2": length_m / (height * width * mm_per_px**2 / 1e6)},
        **{"widest_px": widest, "widest_mm": widest * mm_per_px},
        **{"class": classify(np.array([widest * mm_per_px]), LIMITS)[0], "mm_per_px": mm_per_px},
        **{
            "scale_from": "none" if np.isnan(mm_per_px) else "mm per pixel as given",
            "latitude": np.nan,
            "longitude": np.nan,
            "taken": "",
        },
        **{"notes": "", "reason": ""},
    } | known


def refused_row(photo: str, reason: str) -> dict[str, Any]:
    """A row of photos.csv that was not looked at."""
    numbers = [name for name, value in photo_row("x").items() if not isinstance(value, str)]
    return {**dict.fromkeys(photo_row("x"), ""), **dict.fromkeys(numbers, np.nan), "photo": photo, "reason": reason}


def tables(photos: Sequence[dict], cracks: Sequence[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of rows; texts as Python's own, since Arrow's hold no names of bytes that are not UTF-8."""
    return _table(photos, photo_row("x")), _table(cracks, crack_row("x", 1))


def _table(rows: Sequence[dict], example: dict[str, Any]) -> pd.DataFrame:
    texts = [name for name, value in example.items() if isinstance(value, str)]
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=object if name in texts else None) for name in example}
    )


def survey(photos: int, cracks: int, *, scaled: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of made-up photographs with positions, the first ``scaled`` of them with a scale, and their cracks."""
    rng = np.random.default_rng(0)
    photo_rows, crack_rows = [], []
    for index in range(photos):
        name, scale = f"IMG_{index:04d}", 0.25 if scaled is None or index < scaled else np.nan
        own = [
            crack_row(
                name,
                number,
                mm_per_px=scale,
                length_px=float(rng.gamma(2, 150)),
                width_max_px=float(rng.gamma(2, 3)),
                orientation_deg=float(rng.normal(80, 25) % 180),
                coherence=float(rng.uniform(0, 1)),
            )
            for number in range(1, cracks // photos + 1)
        ]
        place = {"latitude": 52.5 + rng.normal(0, 2e-4), "longitude": 13.4 + rng.normal(0, 4e-4)}
        photo_rows.append(photo_row(name, own, mm_per_px=scale, **place))
        crack_rows += own
    return tables(photo_rows, crack_rows)


def write(folder: Path, *, photos: int, side_px: int, refused: Sequence[tuple[str, str]] = ()) -> Path:
    """Draw photographs into ``folder/photographs``, and write what an inspection of them leaves into ``folder/out``."""
    (folder / "photographs").mkdir(parents=True)
    photo_rows, crack_rows = [], []
    for index, raw in enumerate(photographs(photos=photos, side_px=side_px, seed=3)):
        own = _inspect(raw, folder)
        place = {"latitude": 48.2 + 2e-5 * index, "longitude": 11.5 + 1e-4 * (index % 5)}
        known = {"height_px": side_px, "width_px": side_px, "photo": str(folder / "photographs" / f"{raw.name}.jpg")}
        photo_rows.append(photo_row(raw.name, own, mm_per_px=raw.mm_per_px, **known, **place))
        crack_rows += own
    photo_table, crack_table = tables([*photo_rows, *(refused_row(*row) for row in refused)], crack_rows)
    photo_table.to_csv(folder / "out/photos.csv", index=False)
    crack_table.to_csv(folder / "out/cracks.csv", index=False)
    run = {**RUN, "photographs": photos, "refused": len(refused)}
    (folder / "out/run.json").write_text(json.dumps(run), encoding="utf-8")
    return folder / "out"


def _inspect(raw: RawPhoto, folder: Path) -> list[dict[str, Any]]:
    """Write one photograph and its picture; rows of its cracks, the longest first."""
    (folder / "out").mkdir(exist_ok=True)
    data, mask = raw.read_image(), raw.read_mask()
    (folder / "photographs" / f"{raw.name}.jpg").write_bytes(data)
    found = sorted(find(mask, GeometrySettings(min_length_px=20, gap_px=8)), key=lambda crack: -crack.length_px)
    picture = Image.fromarray(np.where(mask[..., None], np.array(RED, np.uint8), images.decode_rgb(data)))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=max(12, len(mask) // 40))
    for number, crack in enumerate(found, start=1):
        row, col = crack.lines[0][len(crack.lines[0]) // 2]
        pen.text((col + 6, row - 6), str(number), fill="white", stroke_fill="black", stroke_width=2, font=font)
    (folder / "out" / f"{raw.name}.cracks.jpg").write_bytes(images.encode_jpeg(np.asarray(picture), quality=90))
    return [_row(raw, number, crack, folder) for number, crack in enumerate(found, start=1)]


def _row(raw: RawPhoto, number: int, crack: Crack, folder: Path) -> dict[str, Any]:
    top, left, bottom, right = crack.box
    middle = crack.width.at
    return crack_row(
        raw.name,
        number,
        mm_per_px=raw.mm_per_px or np.nan,
        photo=str(folder / "photographs" / f"{raw.name}.jpg"),
        **{"row_px": float(middle[0]), "col_px": float(middle[1])},
        **{"top_px": top, "left_px": left, "bottom_px": bottom, "right_px": right},
        **{"length_px": crack.length_px, "area_px": crack.area_px, "geometric_max_px": crack.geometric.largest},
        **{"width_mean_px": crack.width.mean, "width_median_px": crack.width.median},
        **{"width_p95_px": crack.width.p95, "width_max_px": crack.width.largest},
        **{"orientation_deg": crack.orientation_deg, "coherence": crack.coherence},
        **{"branch_points": crack.branch_points, "end_points": crack.end_points},
    )
