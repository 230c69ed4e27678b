"""Time the encoding of photographs against open_clip's bare `encode_image`: which share of its throughput is left.

Run ``python -m benchmarks.encoding [--photos N] [--data DIR]``. ViT-B/32 with random weights at 224 px, one batch. The
bare model is open_clip's own with the same weights, on inputs that are already normalised; ours begins with grey levels
and ends with embeddings of length one.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from torch import Tensor

from benchmarks import command, photographs, pseudo_labels, table, timing
from crackpipe import params
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.models.backbones import Network

PHOTOS = 16
BAR = 0.85
TURNS = 5
MODEL = "ViT-B-32"


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """The share at one batch of ``photos`` photographs, in float32 and in what this machine prefers."""
    p = params.load()
    encoder, model = both(MODEL)
    rows = []
    runtimes = [
        start_runtime(device="cpu", precision=precision, threads=p.runtime.threads) for precision in ("fp32", "auto")
    ]
    for runtime in dict.fromkeys(runtimes):
        pixels = squares(photos, side_px=encoder.image_px, data=data)
        precision = pseudo_labels.precision(runtime)
        _, times = timing.by_turns(ways(encoder, model, pixels, runtime), turns=TURNS, what=f"encode in {precision}")
        what = f"batch of {photographs.counted(photos)}, ViT-B/32, {precision}"
        rows.append(table.share(what, bare=times["bare"], ours=times["ours"], bar=BAR))
    return table.Section(
        title="Encoding against the bare encoder",
        about="Ours from grey levels to embeddings of length one, against open_clip's encode_image on inputs that are "
        "already normalised: the same weights, batch and precision. The share is that of the bare throughput.",
        rows=tuple(rows),
        columns=("what", "bare encode_image, s", "ours, s", "share", "bar", "passed"),
        notes=(f"On {photographs.described(data)}.",),
    )


def squares(count: int, *, side_px: int, data: Path | None) -> Tensor:
    """Photographs as one batch of grey levels (count, 3, side, side)."""
    chosen = photographs.load(count, data=data, height_px=side_px, width_px=side_px)
    return torch.from_numpy(np.stack([one.image for one in chosen])).permute(0, 3, 1, 2)


def both(name: str) -> tuple[OpenClipEncoder, Network]:
    """Our encoder with random weights, and open_clip's own model with the same ones."""
    encoder = OpenClipEncoder(name, weights="none").eval().requires_grad_(False)
    model: Network = open_clip.create_model(name, pretrained=None)
    model.load_state_dict(encoder.model.state_dict(), assign=True)
    return encoder, model.eval().requires_grad_(False)


def ways(encoder: OpenClipEncoder, model: Network, pixels: Tensor, runtime: Runtime) -> dict[str, Callable[[], Any]]:
    """The bare model and ours on one batch."""
    inputs = encoder.prepare(pixels, runtime).contiguous()
    return {"bare": partial(bare, model, inputs, runtime), "ours": partial(ours, encoder, pixels, runtime)}


def bare(model: Network, inputs: Tensor, runtime: Runtime) -> Tensor:
    """open_clip's own forward pass and nothing else."""
    with timing.as_torch_starts(), torch.inference_mode(), runtime.autocast():
        found: Tensor = model.encode_image(inputs)
    return found.cpu()  # waits for a GPU


def ours(encoder: OpenClipEncoder, pixels: Tensor, runtime: Runtime) -> Tensor:
    """Grey levels to embeddings."""
    with torch.inference_mode(), runtime.autocast():
        return encoder.image_embedding(encoder.prepare(pixels, runtime)).cpu()


if __name__ == "__main__":
    main()
