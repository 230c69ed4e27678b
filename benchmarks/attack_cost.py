"""Time AICL beside the training step that it is a part of.

Run ``python -m benchmarks.attack_cost [--photos N]``: N patches of 224 px in a batch, ResNet-50 with random weights.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import command, table, timing
from crackpipe import params
from crackpipe.classify.final_layer import final_linear
from crackpipe.classify.losses import catalogue
from crackpipe.classify.losses.step import Loss, Step
from crackpipe.compute.runtime import start_runtime
from crackpipe.models import backbones

PHOTOS = 16
SIDE_PX = 224
BAR = 0.05
TURNS = 3


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """A step of cross-entropy with its backward pass and SGD, and the loss alone; whatever ``data`` holds."""
    p = params.load()
    runtime = start_runtime(device="cpu", precision="fp32", threads=p.runtime.threads)
    network = runtime.place(backbones.create("resnet50", classes=2, weights="none")).train()
    final = final_linear(network)
    random = torch.Generator().manual_seed(0)
    inputs = torch.randn(photos, 3, SIDE_PX, SIDE_PX, generator=random).contiguous(memory_format=torch.channels_last)
    targets = torch.arange(photos) % 2
    features = torch.rand(photos, final.in_features, generator=random)
    optimise = torch.optim.SGD(network.parameters(), lr=1e-4)

    def train() -> Tensor:
        optimise.zero_grad(set_to_none=True)
        value = torch.nn.functional.cross_entropy(network(inputs), targets)
        value.backward()
        optimise.step()
        return value.detach()

    ways = {"step": train} | {name: _alone(loss, final, features, targets) for name, loss in _losses(p).items()}
    _, times = timing.by_turns(ways, turns=TURNS, what="AICL beside a training step")
    return table.Section(
        title="AICL beside a training step",
        about=f"A step of ResNet-50 on {photos} patches of {SIDE_PX} px, float32, against AICL and its gradient "
        f"on as many random features of {final.in_features} dimensions, its attack of {p.losses.aicl.steps} steps "
        "included.",
        rows=tuple(_row(name, times[name], step=times["step"]) for name in ways if name != "step"),
        columns=("what", "training step, s", "AICL alone, s", "share", "bar", "passed"),
    )


def _losses(p: params.Params) -> dict[str, Loss]:
    chosen = {name: p.loss(name) for name in ("aicl", *p.calibrate.aicl_variants)}
    return {name: catalogue.build(loss, settings) for name, (loss, settings) in chosen.items()}


def _alone(loss: Loss, final: torch.nn.Linear, features: Tensor, targets: Tensor) -> Callable[[], Tensor]:
    step = Step(99, 0, 0, final.weight.detach(), final.bias.detach())

    def work() -> Tensor:
        own = features.clone().requires_grad_(True)
        value = loss(own, own @ step.weight.T + step.bias, targets, step)
        (gradient,) = torch.autograd.grad(value, own)
        return gradient

    return work


def _row(name: str, own: timing.Times, *, step: timing.Times) -> table.Row:
    share = own.median / step.median
    cells = f"`{name}`", table.seconds(step), table.seconds(own), f"{share:.2%}", f"≤ {BAR:.0%}"
    return table.Row(cells, share <= BAR)


if __name__ == "__main__":
    main()
