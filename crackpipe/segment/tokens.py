"""Stage tokens of a frozen encoder, kept on disk: the encoder runs once per window, adapters train on what it saw."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from crackpipe import progress
from crackpipe.clip.encoder import Encoder
from crackpipe.runtime import Runtime

Item = tuple[UInt8[np.ndarray, "s s 3"], Bool[np.ndarray, "s s"]]


class KeptTokens:
    """Float16 token maps and labels of square windows in memory-mapped temporary files; a context manager."""

    def __init__(self, *, folder: Path = Path(".checkpoints")) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files: list[IO[bytes]] = []  # without a name: gone with the process, even a killed one
        self._stages: list[np.memmap] = []
        self._labels: np.memmap | None = None

    def fill(
        self,
        items: Iterable[Item],
        *,
        count: int,
        encoder: Encoder,
        stages: Sequence[int],
        batch: int,
        machine: Runtime,
    ) -> None:
        """Encode ``count`` windows (RGB pixels and label) and keep the tokens of ``stages`` (1 = finest)."""
        at = 0
        waiting: list[Item] = []
        for item in progress.bar(items, what="encode windows", total=count, unit="windows"):
            waiting.append(item)
            if len(waiting) == batch or at + len(waiting) == count:
                self._put(at, waiting, count=count, encoder=encoder, stages=stages, machine=machine)
                at += len(waiting)
                waiting = []

    def __len__(self) -> int:
        return 0 if self._labels is None else len(self._labels)

    def batch(
        self, index: Int[np.ndarray, "b"], machine: Runtime
    ) -> tuple[list[Float[Tensor, "b _c _r _k"]], Float[Tensor, "b s s"]]:
        """Tokens of each stage and labels of some windows, float32 on the device."""
        assert self._labels is not None, "fill() comes first"
        order = np.sort(index)  # ascending reads; the order inside a batch does not matter
        stages = [torch.from_numpy(kept[order]).to(machine.device).float() for kept in self._stages]
        return stages, torch.from_numpy(self._labels[order]).to(machine.device).float()

    def _put(
        self, at: int, items: list[Item], *, count: int, encoder: Encoder, stages: Sequence[int], machine: Runtime
    ) -> None:
        pixels = torch.from_numpy(np.stack([image for image, _ in items])).permute(0, 3, 1, 2)
        with torch.inference_mode(), machine.autocast():
            found = encoder.stage_tokens(encoder.prepare(pixels, machine))
        maps = [found[stage - 1].to(torch.float16).cpu().numpy() for stage in stages]
        labels = np.stack([label for _, label in items])
        if self._labels is None:
            self._stages = [self._file(np.float16, (count, *one.shape[1:])) for one in maps]
            self._labels = self._file(np.bool_, (count, *labels.shape[1:]))
        for kept, one in zip(self._stages, maps, strict=True):
            kept[at : at + len(items)] = one
        self._labels[at : at + len(items)] = labels

    def _file(self, kind: type, shape: tuple[int, ...]) -> np.memmap:
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by __exit__
        self._files.append(file)
        return np.memmap(file, kind, mode="w+", shape=shape)

    def __enter__(self) -> "KeptTokens":
        return self

    def __exit__(self, *_: object) -> None:
        self._stages, self._labels = [], None
        for file in self._files:
            file.close()
