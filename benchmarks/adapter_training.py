"""Time an epoch of text-adapter training: the frozen encoder run again in each epoch, against kept tokens.

Run ``python -m benchmarks.adapter_training [--photos N] [--data DIR]``. Weights are random; both sides share the
adapters' training and its loss: all that differs is how often the encoder runs and, in the last row, how precisely.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from torch import Tensor, nn

from benchmarks import command, photographs, pseudo_labels, table, timing
from benchmarks.photographs import Photograph
from crackpipe import params
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Precision, Runtime, start_runtime
from crackpipe.imaging import images
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.params import Params
from crackpipe.segment.adapters import examples, text_guided, token_cache, training
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.training import AdapterTraining
from crackpipe.segment.windows.augment import Placement, View

Item = tuple[UInt8[np.ndarray, "s s 3"], Bool[np.ndarray, "s s"]]

PHOTOS = 16
SEED, TURNS, EPOCHS = 1, 3, 5
BAR = 20.0  # times as fast, with CLIP ViT-B/32 at 224 px
PRECISIONS: tuple[Precision, ...] = ("fp32", "auto")
PAIRS = [("fp32", "fp32"), ("auto", "auto"), ("fp32", "auto")]  # of encoding again and of kept tokens
STAGES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Task:
    """Data and settings that both sides train with.

    Attributes:
        encoder: frozen, placed.
        text: directions of normal and crack.
        items: windows and their masks.
        settings: of the training, but for the number of epochs.
    """

    encoder: Encoder
    text: Tensor
    items: Sequence[Item]
    settings: AdapterTraining
    runtime: Runtime


class Unsaved(Checkpoint):
    """A checkpoint that is never written: it would cost both sides the same."""

    def load(self) -> None:
        """Nothing was saved."""

    def save(self, state: dict[str, Any]) -> None:
        """Save nothing."""


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """Epochs over a window of each of ``photos`` photographs, with CLIP ViT-B/32 and with the dual encoder."""
    p = params.load()
    chosen = photographs.load(photos, data=data)
    sizes = p.align_clip
    dual = {"joint_width": sizes.joint_width, "text_width": sizes.text_width, "text_layers": sizes.text_layers}
    specs: list[tuple[str, dict[str, Any], int, float | None]] = [
        ("CLIP ViT-B/32", {"architecture": "open_clip", "name": "ViT-B-32"}, 224, BAR),
        (
            "dual encoder (EfficientNet-Lite0)",
            {"architecture": "dual", "backbone": "tf_efficientnet_lite0", **dual},
            256,
            None,
        ),
    ]
    rows, notes = [], []
    for name, spec, side_px, bar in specs:
        items = [window(one, side_px=side_px) for one in chosen]
        times, filling_s = epochs_timed(spec, items, p, what=name)
        what = f"{EPOCHS} epochs of {photos} windows of {side_px} px, {name}"
        for peers, ours in PAIRS:
            label = f"{what}, {ours}" if peers == ours else f"{what}, encoding again in {peers}, kept in {ours}"
            row_bar = bar if peers == ours == "fp32" else None
            rows.append(table.faster(label, peers=times[f"peers {peers}"], ours=times[f"ours {ours}"], bar=row_bar))
        notes.append(f"{name}: encoding the windows once, before the first epoch, took {filling_s:.3g} s.")
    return table.Section(
        title="Training of text adapters",
        about="The frozen encoder run again on every window, against tokens that were kept; fp32 is what "
        f"the peers' code runs in, auto what this pipeline chooses (here {pseudo_labels.precision(start(p, 'auto'))}); "
        f"{photographs.described(data)}.",
        rows=tuple(rows),
        notes=tuple(notes),
    )


def start(p: Params, precision: Precision) -> Runtime:
    return start_runtime(device="cpu", precision=precision, threads=p.runtime.threads, keep_memory=True)


def epochs_timed(
    spec: dict[str, Any], items: Sequence[Item], p: Params, *, what: str
) -> tuple[dict[str, timing.Times], float]:
    """Times of ``EPOCHS`` epochs, each way and precision, and the seconds that keeping the last tokens took."""
    ways = {}
    with tempfile.TemporaryDirectory() as scratch:
        for precision in PRECISIONS:
            given = task(spec, items, start(p, precision), p)
            begun = time.perf_counter()
            kept = keep(given, Path(scratch) / precision)
            filling_s = time.perf_counter() - begun
            ways[f"peers {precision}"] = partial(fit_encoding, given, epochs=EPOCHS)
            ways[f"ours {precision}"] = partial(fit_kept, given, kept, epochs=EPOCHS)
        _, times = timing.by_turns(ways, turns=TURNS, what=what)
    return times, filling_s


def task(spec: dict[str, Any], items: Sequence[Item], runtime: Runtime, p: Params) -> Task:
    """Training as params.yaml describes it, with a random encoder."""
    seeds.seed_everything(SEED)
    settings = AdapterTraining(**p.train_segmenter.text_adapters.model_dump(), seed=SEED)
    encoder = encoder_files.create(spec)
    encoder_files.place(encoder, runtime).eval().requires_grad_(False)
    text = nn.functional.normalize(torch.randn(2, encoder.joint_width), dim=1)
    return Task(encoder, text, items, settings=settings, runtime=runtime)


def window(photograph: Photograph, *, side_px: int) -> Item:
    """The middle square of a photograph and of its mask."""
    top, left = ((length - side_px) // 2 for length in photograph.mask.shape)
    middle = slice(top, top + side_px), slice(left, left + side_px)
    return photograph.image[middle], photograph.mask[middle]


def keep(given: Task, folder: Path) -> Examples:
    """Encode every window once, and read the tokens back with the masks as labels."""
    side_px = len(given.items[0][0])
    placement = Placement(side_px, False, 1.0, (side_px - 1) / 2, (side_px - 1) / 2, 0.0, False)
    names = [f"{number:04d}" for number in range(len(given.items))]
    windows = [(name, 0, View(image, placement, None)) for name, (image, _) in zip(names, given.items, strict=True)]
    encoding = {"encoder": given.encoder, "runtime": given.runtime}
    shapes = token_cache.token_shapes(**encoding, stages=STAGES, side_px=side_px)
    token_cache.write(folder, windows, count=len(windows), shapes=shapes, batch=given.settings.batch, **encoding)
    labels = {name: images.encode_mask(mask) for name, (_, mask) in zip(names, given.items, strict=True)}
    return examples.label_windows(folder, labels, binarise=0.5, kind="truth", workers=1)


def fit_kept(given: Task, kept: Examples, *, epochs: int) -> list[float]:
    """Our training on kept tokens; the mean loss of each epoch."""
    history = training.fit(
        untrained(given),
        kept,
        replace(given.settings, epochs=epochs),
        runtime=given.runtime,
        checkpoint=Unsaved(Path()),
    )
    return [row["train_loss"] for row in history]


def fit_encoding(given: Task, *, epochs: int) -> list[float]:
    """The peers' training, which encodes every window in every epoch; the mean loss of each epoch."""
    network = untrained(given).network
    batch, loss = given.settings.batch, training.loss_function(given.settings)
    optimise = torch.optim.Adam(network.adapters.parameters(), lr=given.settings.lr)
    history = []
    for epoch in range(epochs):
        order = seeds.generator(SEED, epoch).permutation(len(given.items))
        total = 0.0
        for start in range(0, len(order), batch):
            chosen = [given.items[i] for i in order[start : start + batch]]
            pixels = torch.from_numpy(np.stack([image for image, _ in chosen])).permute(0, 3, 1, 2)
            label = torch.from_numpy(np.stack([mask for _, mask in chosen])).to(given.runtime.device).float()
            with given.runtime.autocast():
                with torch.no_grad():
                    found = given.encoder.stage_tokens(given.encoder.prepare(pixels, given.runtime))
                grids = network.logits([found[stage - 1] for stage in STAGES])
            value = loss(grids, label)
            optimise.zero_grad(set_to_none=True)
            value.backward()
            optimise.step()
            total += float(value.detach()) * len(chosen)
        history.append(total / len(order))
    return history


def untrained(given: Task) -> text_guided.TextGuided:
    """The same new adapters each time."""
    seeds.seed_everything(SEED)
    made = text_guided.create(given.encoder, stages=STAGES, combine="mean", text=given.text)
    made.network.to(given.runtime.device)
    return made


if __name__ == "__main__":
    main()
