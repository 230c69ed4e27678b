"""Compositional prompts: template × state × object, averaged to one direction per class (CrackCLIP, section 3.3)."""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.clip.encoder import Encoder


def expand(*, templates: Sequence[str], states: Sequence[str], objects: Sequence[str]) -> list[str]:
    """All sentences: each template filled with each state filled with each object, in this order."""
    return [template.format(state.format(thing)) for template in templates for state in states for thing in objects]


def sets(
    *,
    wording: Literal["normal", "crack"],
    templates: Sequence[str],
    objects: Sequence[str],
    flawless_states: Sequence[str],
    damaged_states: Sequence[str],
    crack_states: Sequence[str],
) -> tuple[list[str], list[str]]:
    """The sentences of the class normal and of the class crack; ``wording`` chooses the states of the latter."""
    crack = crack_states if wording == "crack" else damaged_states
    first, second = (expand(templates=templates, states=states, objects=objects) for states in (flawless_states, crack))
    return first, second


def text_matrix(encoder: Encoder, *, flawless: Sequence[str], damaged: Sequence[str]) -> Float[Tensor, "2 d"]:
    """Class directions: the mean of each set's normalised embeddings, normalised again; row 1 is the crack."""
    with torch.inference_mode():
        rows = [encoder.text_embedding(list(texts)).float().mean(dim=0) for texts in (flawless, damaged)]
    return nn.functional.normalize(torch.stack(rows), dim=1).clone()
