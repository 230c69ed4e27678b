"""Time pseudo-labels against the bare network: which share of its throughput is left when all else is done.

Run ``python -m benchmarks.network_share [--photos N] [--data DIR]``. The bare network runs on the very batches that our
localisation maps gives it (patches and whole photographs), in the same precision and memory format, and nothing else.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks import command, photographs, pseudo_labels, table, timing
from crackpipe import params
from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.models.backbones import Network
from crackpipe.params import Params
from crackpipe.pseudo import localisation_maps

PHOTOS = 3
BAR = 0.7
TURNS = 3
BACKBONES = {"resnet50": "ResNet-50", "tf_efficientnet_lite0": "EfficientNet-Lite0"}


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """The share of each backbone on ``photos`` photographs."""
    p = params.load()
    runtime = start_runtime(device="cpu", precision="auto", threads=p.runtime.threads)
    chosen = [one.image for one in photographs.load(photos, data=data)]
    rows = []
    for backbone, name in BACKBONES.items():
        with tempfile.TemporaryDirectory() as scratch:
            both = ways(chosen, backbone, runtime, p, folder=Path(scratch))
            _, times = timing.by_turns(both, turns=TURNS, what=f"share of {name}")
        what = f"{photographs.counted(photos)}, {name}"
        rows.append(table.share(what, bare=times["bare"], ours=times["ours"], bar=BAR))
    return table.Section(
        title="Pseudo-labels against the bare network",
        about="Ours from decoded photographs to label PNGs, as above, against the network's forward passes alone: the "
        "same batches, precision and memory format. The factor is the share of the bare network's throughput.",
        rows=tuple(rows),
        columns=("what", "bare network, s", "ours, s", "share", "bar", "passed"),
        notes=(f"Both in {pseudo_labels.precision(runtime)}, on {photographs.described(data)}.",),
    )


def ways(
    chosen: Sequence[np.ndarray], backbone: str, runtime: Runtime, p: Params, *, folder: Path
) -> dict[str, Callable[[], object]]:
    """The bare network and our way to the labels of ``chosen``."""
    model = pseudo_labels.placed(pseudo_labels.random_classifier(backbone), runtime)
    settings = pseudo_labels.method_settings(p)
    found_by = pseudo_labels.finders(model, runtime, p)
    ours = partial(pseudo_labels.label, chosen, found_by, settings=settings, workers=p.runtime.workers, folder=folder)
    inputs = recorded(chosen, model, runtime, p)
    return {"bare": partial(forward, model.network, inputs, runtime), "ours": ours}


class Recorder(nn.Module):
    """A network that keeps what it is given."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Network = network
        self.inputs: list[Tensor] = []

    def forward(self, inputs: Tensor) -> Tensor:
        """The network's logits."""
        self.inputs.append(inputs)
        return self.network(inputs)

    def forward_features(self, inputs: Tensor) -> Tensor:
        """Output of the network's last convolution."""
        self.inputs.append(inputs)
        return self.network.forward_features(inputs)

    def forward_head(self, features: Tensor) -> Tensor:
        """The network's logits from that."""
        return self.network.forward_head(features)


def recorded(chosen: Sequence[np.ndarray], model: Classifier, runtime: Runtime, p: Params) -> list[Tensor]:
    """The batches that our localisation maps of ``chosen`` gives the network."""
    recorder = Recorder(model.network)
    found_by = pseudo_labels.finders(replace(model, network=recorder), runtime, p)
    list(localisation_maps.gather(((str(number), image) for number, image in enumerate(chosen)), found_by))
    return recorder.inputs


def forward(network: nn.Module, inputs: Sequence[Tensor], runtime: Runtime) -> None:
    """The network on every batch, and nothing else."""
    with timing.as_torch_starts(), torch.inference_mode(), runtime.autocast():
        for batch in inputs:
            found = network(batch)
    found.float().cpu()  # waits for a GPU


if __name__ == "__main__":
    main()
