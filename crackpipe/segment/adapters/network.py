"""Text-guided segmentation: one linear adapter per stage of a frozen encoder (CrackCLIP, section 3.3)."""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

LOGIT_SCALE = 100.0


class TextAdapters(nn.Module):
    """Projects stage tokens into the joint space and compares them with the two class directions of the prompts.

    Only the adapters are trained; the text matrix (row 0 normal, row 1 crack) is a constant of the model.
    """

    text: Tensor

    def __init__(self, *, stage_widths: Sequence[int], text: Float[Tensor, "2 d"]) -> None:
        super().__init__()
        self.adapters = nn.ModuleList(nn.Linear(width, text.shape[1]) for width in stage_widths)
        self.register_buffer("text", text.detach().clone())

    def forward(
        self, stages: Sequence[Float[Tensor, "b _c _r _k"]], *, height: int, width: int
    ) -> list[Float[Tensor, "b h w"]]:
        """Probability of crack at each stage, upsampled bilinearly before the softmax.

        The softmax over two classes is the sigmoid of the difference of their logits, so that difference is all that
        is upsampled.

        Args:
            stages: token maps of the stages, finest first; channels-last ones are read as they lie.
            height, width: of the maps to return, in pixels.
        """
        return [torch.sigmoid(upsampled(grid, height=height, width=width)) for grid in self.logits(stages)]

    def logits(self, stages: Sequence[Float[Tensor, "b _c _r _k"]]) -> list[Float[Tensor, "b _r _k"]]:
        """Logit of crack minus logit of normal of each token, at each stage.

        Under autocast only the adapters run in lower precision: cosines are magnified a hundred times.
        """
        return [
            self._cosines(adapter(tokens.movedim(1, -1))) for tokens, adapter in zip(stages, self.adapters, strict=True)
        ]

    def _cosines(self, joint: Float[Tensor, "b r k d"]) -> Float[Tensor, "b r k"]:
        with torch.autocast(joint.device.type, enabled=False):
            wide = joint.to(self.text.dtype)
            direction = LOGIT_SCALE * (self.text[1] - self.text[0])
            return wide @ direction / torch.linalg.vector_norm(wide, dim=-1).clamp(min=1e-12)


def upsampled(grid: Float[Tensor, "b r k"], *, height: int, width: int) -> Float[Tensor, "b h w"]:
    """Bilinear upsampling as two matrix products: faster than torch's own, and repeatable on any device.

    Args:
        grid: values of cells.
        height, width: of the result, pixels.
    """
    return _weights(grid.shape[1], height, like=grid) @ grid @ _weights(grid.shape[2], width, like=grid).T


def _weights(cells: int, length: int, *, like: Tensor) -> Float[Tensor, "length cells"]:
    """Weight of each cell in each pixel along one side."""
    cell = torch.eye(cells, device=like.device, dtype=like.dtype)[None]
    return nn.functional.interpolate(cell, length, mode="linear", align_corners=False)[0].T


def combined(maps: Sequence[Float[Tensor, "b h w"]], *, combine: Literal["mean", "sum"]) -> Float[Tensor, "b h w"]:
    """Crack map of all stages: their mean, a probability; or their sum, cut to 1 as the masks hold [0, 1].

    Args:
        maps: of each stage, probability of crack, in [0, 1].
        combine: ``mean`` or ``sum``.
    """
    total = torch.stack(list(maps)).sum(dim=0)
    return total / len(maps) if combine == "mean" else total.clamp(max=1)
