"""Time the few-shot sweep, all heads on all subsets and seeds, and the posterior predictive alone.

Run ``python -m benchmarks.few_shot [--photos N]``: N drawn patches in the pool, as many in the test set, of 512
dimensions. It ends with an error where the one pass and a loop over the posterior's samples disagree.
"""

import time
from pathlib import Path

import numpy as np
import torch

from benchmarks import command, table, timing
from crackpipe import console, params
from crackpipe.compute.runtime import start_runtime
from crackpipe.few_shot import head_networks, sweep
from crackpipe.few_shot.dataset import FewShotData, Patches
from crackpipe.few_shot.head_networks import Networks

PHOTOS = 10_000
WIDTH, SAMPLES = 512, 100
SWEEP_S, PREDICTIVE_S = 180.0, 2.0
TURNS = 3


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """The sweep of params.yaml on drawn patches, whatever ``data`` holds."""
    p = params.load()
    q = p.few_shot
    start_runtime(device="cpu", precision="fp32", threads=p.runtime.threads)
    material = drawn(count=photos)
    rows, total = [], 0.0
    for head in console.bar(q.heads, what="sweep", total=len(q.heads), unit="heads"):
        start = time.perf_counter()
        sweep.run(head, material, settings=getattr(q, head).model_dump(), shares=q.subsets, seeds=q.seeds, seed=q.seed)
        took = time.perf_counter() - start
        total += took
        rows.append(table.Row((f"{head}, all subsets and seeds", "–", f"{took:.3g}", "–", table.NO_BAR), None))
    rows.append(table.Row(("all heads", "–", f"{total:.3g}", "–", f"≤ {SWEEP_S:g} s"), total <= SWEEP_S))
    rows.append(predictive(torch.from_numpy(material.test.vectors), hidden=q.bayesian.hidden))
    return table.Section(
        title="Few-shot sweep",
        about=f"{photos} patches of {WIDTH} dimensions in the pool and as many in the test set, {len(q.subsets)} "
        f"subsets, {q.seeds} seeds, the heads and settings of params.yaml; after embeddings exist, without imports.",
        rows=tuple(rows),
    )


def predictive(vectors: torch.Tensor, *, hidden: int) -> table.Row:
    """One pass of all samples against a loop over them."""
    random = torch.Generator().manual_seed(0)
    shapes = {"weight": (SAMPLES, hidden, WIDTH), "bias": (SAMPLES, 2, hidden), "score": (SAMPLES, hidden)}
    networks = Networks(**{name: torch.randn(shape, generator=random) for name, shape in shapes.items()})
    ways = {"ours": lambda: head_networks.predict(networks, vectors), "loop": lambda: looped(networks, vectors)}
    with torch.inference_mode():
        found, times = timing.by_turns(ways, turns=TURNS, what="posterior predictive")
    if not torch.allclose(found["ours"], found["loop"], atol=1e-3):
        raise SystemExit("few_shot: one pass and the loop disagree")
    factor = f"{times['loop'].median / times['ours'].median:.3g}×"
    cells = f"{SAMPLES} samples of {len(vectors)} patches, against a loop", table.seconds(times["loop"])
    ours = times["ours"]
    return table.Row((*cells, table.seconds(ours), factor, f"≤ {PREDICTIVE_S:g} s"), ours.median <= PREDICTIVE_S)


def looped(networks: Networks, vectors: torch.Tensor) -> torch.Tensor:
    """The samples one after the other."""
    parts = []
    for weight, bias, score in zip(networks.weight, networks.bias, networks.score, strict=True):
        image = vectors @ weight.T
        parts.append((torch.relu(image + bias[1]) - torch.relu(image + bias[0])) @ score)
    return torch.stack(parts)


def drawn(*, count: int) -> FewShotData:
    """Two clusters that overlap."""
    classes = _units(np.random.default_rng(9).normal(size=(2, WIDTH)))
    return FewShotData(_patches("p", count), _patches("t", count), _patches("o", count // 10), classes)


def _patches(name: str, count: int) -> Patches:
    random = np.random.default_rng(ord(name))
    labels = np.arange(count) % 2
    vectors = random.standard_normal((count, WIDTH), dtype=np.float32)
    vectors[:, :4] += 1.2 * (2 * labels - 1)[:, None]
    ids = [f"s/{name}{number:05d}" for number in range(count)]
    return Patches(ids, _units(vectors), labels, ["s"] * count, ids)


def _units(vectors: np.ndarray) -> np.ndarray:
    found: np.ndarray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return found


if __name__ == "__main__":
    main()
