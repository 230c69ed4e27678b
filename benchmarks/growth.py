"""Time and peak memory of real stages as the photographs become more: memory has to stay flat.

Run ``python -m benchmarks.growth [--photos N] [--data DIR]``. `python -m pipeline.…` runs in a temporary project on a
sixteenth, a quarter and all of N photographs, each stage in a process of its own. Small photographs (320×180), one
patch map (64 px side by side) and random weights keep that affordable; the photographs repeat under new ids.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks import command, photographs, table
from benchmarks.photographs import Photograph
from crackpipe import console, params
from crackpipe.classify import classifier
from crackpipe.compute import seeds
from crackpipe.data import slices
from crackpipe.files import parquet, schemas
from crackpipe.segment.networks import pixel_network
from crackpipe.segment.networks.pixel_network import PixelNetwork

PHOTOS = 1600
ROOT = Path(__file__).parents[1]
HEIGHT_PX, WIDTH_PX = 180, 320
SIDE_PX, STRIDE_PX = 64, 64
ENCODER, WIDTH = "tf_efficientnet_lite0", 0.375
SEED = 1
FLAT = 0.1  # peak memory may differ by this share
SEGMENTER, METHOD = "unet", "soft_location"
STAGES = (("localisation_maps",), ("pseudo_label", METHOD), ("segment", SEGMENTER, METHOD))
COLUMNS = ["photo_id", "split", "height_px", "width_px", "mask", "label"]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run of a stage: wall time, and peak resident memory of its process."""

    seconds: float
    peak_mib: float


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """The stages on a sixteenth, a quarter and all of ``photos`` photographs."""
    counts = [max(1, photos // 16), max(1, photos // 4), photos]
    small = photographs.load(photographs.DISTINCT, data=data, height_px=HEIGHT_PX, width_px=WIDTH_PX)
    with tempfile.TemporaryDirectory() as scratch:
        found = measured(Path(scratch), small, counts)
    return table.Section(
        title="Growth",
        about=f"Whole stages, start of the process included, {HEIGHT_PX}×{WIDTH_PX} px (height × width), "
        f"{photographs.described(data)}, {len(small)} of them repeated under new ids; one patch map "
        f"({SIDE_PX}/{STRIDE_PX} px), EfficientNet-Lite0, U-Net of width {WIDTH}, random weights. Seconds and peak "
        "resident memory.",
        rows=tuple(row(stage, counts, [found[count, stage] for count in counts]) for stage in STAGES),
        columns=(
            "stage",
            *map(photographs.counted, counts),
            "ms for each more",
            f"peak, {counts[-1]} : {counts[0]}",
            "bar",
            "passed",
        ),
    )


def row(stage: tuple[str, ...], counts: Sequence[int], costs: Sequence[Cost]) -> table.Row:
    """One stage's costs; it passes where its peak is as high with all photographs as with the fewest."""
    more = (costs[-1].seconds - costs[0].seconds) / max(1, counts[-1] - counts[0])
    ratio = costs[-1].peak_mib / costs[0].peak_mib
    cells = [f"{one.seconds:.1f} s, {one.peak_mib:.0f} MiB" for one in costs]
    return table.Row(
        (" ".join(stage), *cells, f"{more * 1e3:.1f}", f"{ratio:.3f}", f"1 ± {FLAT:g}"), abs(ratio - 1) <= FLAT
    )


def measured(
    folder: Path, small: Sequence[Photograph], counts: Sequence[int]
) -> dict[tuple[int, tuple[str, ...]], Cost]:
    """The cost of each stage on each number of photographs, in a project in ``folder``."""
    write_project(folder)
    found: dict[tuple[int, tuple[str, ...]], Cost] = {}
    plan = [(count, stage) for count in counts for stage in STAGES]
    for count, stage in console.bar(plan, what="growth", total=len(plan), unit="stages"):
        if stage == STAGES[0]:
            write_photographs(folder, small, count=count)
        found[count, stage] = run(folder, stage)
    return found


def run(folder: Path, stage: tuple[str, ...]) -> Cost:
    """Run one stage in the project in ``folder``.

    Raises:
        SystemExit: the stage failed; its own text is on standard error.
    """
    module, *arguments = stage
    command_line = [sys.executable, "-m", "benchmarks.peak", f"pipeline.{module}", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command_line, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"growth: the stage {' '.join(stage)} failed with status {done.returncode}")
    return Cost(**json.loads(done.stdout))


def write_project(folder: Path) -> None:
    """Params, and a classifier and a segmenter with random weights."""
    tree: dict[str, Any] = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"]["device"] = "cpu"
    tree["localisation_maps"]["patch_maps"] = [{"side_px": SIDE_PX, "stride_px": STRIDE_PX}]
    tree["pseudo_label"]["soft_location"]["patch_sides_px"] = [SIDE_PX]
    tree["pseudo_label"]["cam_location"]["patch_side_px"] = SIDE_PX
    tree["ablate"] |= {"cam_location": {"full": {}}, "soft_location": {"full": {}}}
    tree["segment"]["splits"] = ["train"]
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    params.load(folder / "params.yaml")
    seeds.seed_everything(SEED)
    classifier.save(
        folder / "models/classifier", classifier.create(backbone=ENCODER, weights="none", side_px=2 * SIDE_PX)
    )
    pixel_network.save(folder / f"models/segmenter/{SEGMENTER}-{METHOD}", random_unet(), labels=METHOD)


def random_unet() -> PixelNetwork:
    """The U-Net whose segmentation is measured."""
    return pixel_network.create(SEGMENTER, encoder=ENCODER, weights="none", width=WIDTH, trunk=None, refine_px=0)


def write_photographs(folder: Path, small: Sequence[Photograph], *, count: int) -> None:
    """The tables of ``count`` photographs and of their patches."""
    photos = folder / "data/photos"
    photographs.write_table(photos, small, count=count)
    settings = params.load(folder / "params.yaml").slice.model_dump()
    patches = slices.cut(parquet.scan(photos, schemas.PHOTOS, columns=COLUMNS), **settings)
    parquet.write_columns(folder / "data/patches/patches.parquet", schemas.PATCHES, patches)


if __name__ == "__main__":
    main()
