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
    ) -> list[Float[Tensor, "b 2 h w"]]:
        """Probabilities of (normal, crack) at each stage, upsampled bilinearly before the softmax.

        Args:
            stages: token maps of the stages, finest first.
            height, width: of the maps to return, in pixels.
        """
        maps = []
        for tokens, adapter in zip(stages, self.adapters, strict=True):
            joint = nn.functional.normalize(adapter(tokens.movedim(1, -1)), dim=-1)
            logits = LOGIT_SCALE * (joint @ self.text.T).movedim(-1, 1)
            full = nn.functional.interpolate(logits, (height, width), mode="bilinear", align_corners=False)
            maps.append(torch.softmax(full, dim=1))
        return maps


def combined(maps: Sequence[Float[Tensor, "b 2 h w"]], *, combine: Literal["mean", "sum"]) -> Float[Tensor, "b h w"]:
    """Crack map of all stages: their mean, a probability; or their sum, cut to 1 as the masks hold [0, 1]."""
    total = torch.stack([one[:, 1] for one in maps]).sum(dim=0)
    return total / len(maps) if combine == "mean" else total.clamp(max=1)
