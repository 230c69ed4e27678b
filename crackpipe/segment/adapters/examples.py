"""Training examples of the adapters: cached tokens of windows, and labels that are cut to the same windows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError
from crackpipe.segment.adapters.token_cache import TokenCache
from crackpipe.segment.windows import augment
from crackpipe.segment.windows.labels import decode_target


@dataclass(frozen=True, slots=True)
class Examples:
    """Windows with labels.

    Attributes:
        tokens: of all cached windows.
        windows: index of those that have a label, ascending.
        side_px: of a window.
        packed_labels: their labels, eight pixels a byte: as many as there are tokens, in a hundredth of the memory.
    """

    tokens: TokenCache
    windows: Int[np.ndarray, "n"]
    side_px: int
    packed_labels: UInt8[np.ndarray, "n bytes"]

    def __len__(self) -> int:
        return len(self.windows)

    def batch(
        self, index: Int[np.ndarray, "b"], runtime: Runtime
    ) -> tuple[list[Float[Tensor, "b _c _r _k"]], Float[Tensor, "b s s"]]:
        """Tokens of each stage and labels (0 or 1) of some examples, float32 on the device.

        Args:
            index: of the examples, in any order; they are returned in ascending order.
            runtime: gives the device.
        """
        order = np.sort(index)  # ascending reads; the order inside a batch does not matter
        pixels = np.unpackbits(self.packed_labels[order], axis=1, count=self.side_px**2)
        label = torch.from_numpy(pixels.reshape(-1, self.side_px, self.side_px)).to(runtime.device).float()
        return self.tokens.maps(self.windows[order], runtime), label


def label_windows(folder: Path, labels: Mapping[str, bytes], *, binarise: float, kind: str, workers: int) -> Examples:
    """Cut the labels to the cached windows of their photographs.

    Args:
        folder: of the token cache.
        labels: encoded, by photo_id; windows of other photographs are left out.
        binarise: confidence (0–1) from which a pixel is crack.
        kind: of the labels, for the error.
        workers: threads that decode.

    Raises:
        CrackpipeError: no window has a label.
        TableError: there is no token cache in the folder.
    """
    tokens = TokenCache(folder)
    windows = np.array([i for i, photo_id in enumerate(tokens.photo_ids) if photo_id in labels], np.int64)
    if not len(windows):
        raise CrackpipeError(
            f"labels={kind}: none of the {len(tokens)} cached windows shows a photograph with a usable label; lower "
            f"pseudo_label.keep_px or pseudo_label.{kind}.binarise, or let train_segmenter.photos be null"
        )

    def cut(window: int) -> UInt8[np.ndarray, "bytes"]:
        label = decode_target(labels[tokens.photo_ids[window]], binarise=binarise, soft=False)
        return np.packbits(augment.crack(label, tokens.placements[window], drawn=tokens.drawn(window)))

    cuts = parallel.prefetch(cut, windows.tolist(), workers=workers, ahead=4 * workers)
    bar = console.bar(cuts, what=f"cut labels ({kind})", total=len(windows), unit="windows")
    side_px = tokens.placements[windows[0]].side_px
    packed_labels = np.empty((len(windows), -(-(side_px**2) // 8)), np.uint8)
    for row, packed in zip(packed_labels, bar, strict=True):
        row[:] = packed
    return Examples(tokens, windows, side_px, packed_labels)
