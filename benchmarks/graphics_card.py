"""Photographs a second on a GPU, where torch sees one: pseudo-labels, the network's share of them, U-Net.

Run ``python -m benchmarks.graphics_card [--photos N] [--data DIR]``.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks import command, growth, network_share, photographs, pseudo_labels, table, timing
from benchmarks.timing import Times
from crackpipe import params
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.params import Params
from crackpipe.segment.inference import segmenter, torch_engine
from crackpipe.segment.inference.segmenter import Inference, Segmenter

PHOTOS = 32
TURNS = 3
TITLE = "On a GPU"


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Rates on ``photos`` photographs, or a section that says that there is no GPU."""
    if not torch.cuda.is_available():
        return table.Section(title=TITLE, about="No GPU at hand.", rows=())
    p = params.load()
    runtime = start_runtime(device="cuda", precision="auto", threads=p.runtime.threads)
    chosen = [one.image for one in photographs.load(photos, data=data)]
    return table.Section(
        title=TITLE,
        about=f"Photographs a second on {torch.cuda.get_device_name(0)}, "
        f"{chosen[0].shape[1]}×{chosen[0].shape[0]} px, {photographs.described(data)}; "
        f"ours in {pseudo_labels.precision(runtime)}. What is compared is told above.",
        rows=tuple(rows(chosen, runtime, p)),
        columns=("what", "other way, photographs/s", "ours, photographs/s", "factor", "bar", "passed"),
    )


def rows(chosen: Sequence[np.ndarray], runtime: Runtime, p: Params) -> list[table.Row]:
    """Rates of labels against the peers' way and against the bare network, and of segmentation."""
    count = len(chosen)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        labels = pseudo_labels.ways(chosen, runtime, p, folder=folder)
        _, times = timing.by_turns(labels, turns=TURNS, what="pseudo-labels on the GPU")
        found = [rate("pseudo-labels, ResNet-50", other=times["peers"], ours=times["ours"], count=count)]
        for backbone, name in network_share.BACKBONES.items():
            both = network_share.ways(chosen, backbone, runtime, p, folder=folder)
            _, times = timing.by_turns(both, turns=TURNS, what=f"share of {name} on the GPU")
            what = f"against the bare network, {name}"
            found.append(rate(what, other=times["bare"], ours=times["ours"], count=count))
    model = unet(runtime)
    settings = Inference(**p.segment.model_dump(exclude={"splits"}))
    # one after the other, as the stage does
    masks = {"ours": lambda: [segmenter.segment(image, model, settings, what=None) for image in chosen]}
    _, times = timing.by_turns(masks, turns=TURNS, what="U-Net on the GPU")
    return [*found, rate(f"segmentation, U-Net of width {growth.WIDTH}", other=None, ours=times["ours"], count=count)]


def unet(runtime: Runtime) -> Segmenter:
    """A U-Net with random weights, on the device."""
    made = growth.random_unet()
    runtime.place(made.network).eval().requires_grad_(False)
    return torch_engine.from_network(partial(made.predict, runtime=runtime), made.multiple_px)


def rate(what: str, *, other: Times | None, ours: Times, count: int) -> table.Row:
    """Photographs a second of both ways; no bar."""
    mine = f"{count / ours.median:.3g}"
    if other is None:
        return table.Row((what, table.NO_BAR, mine, table.NO_BAR, table.NO_BAR), None)
    return table.Row(
        (what, f"{count / other.median:.3g}", mine, f"{other.median / ours.median:.3g}×", table.NO_BAR), None
    )


if __name__ == "__main__":
    main()
