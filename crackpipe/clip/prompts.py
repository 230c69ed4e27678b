"""Compositional prompts: template × state × object, averaged to one direction per class (CrackCLIP, section 3.3)."""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.clip.encoders.encoder import Encoder

Wording = Literal["normal", "crack"]

OF_WORDING: dict[Wording, str] = {"normal": "damaged", "crack": "crack"}  # the group of states of the crack's class


def expand(*, templates: Sequence[str], states: Sequence[str], objects: Sequence[str]) -> list[str]:
    """All sentences: each template filled with each state filled with each object, in this order."""
    return [template.format(state.format(thing)) for template in templates for state in states for thing in objects]


def groups(
    *,
    templates: Sequence[str],
    surfaces: Sequence[str],
    objects: Mapping[str, Sequence[str]],
    flawless_states: Sequence[str],
    damaged_states: Sequence[str],
    crack_states: Sequence[str],
) -> dict[str, list[str]]:
    """All sentences of each group of states: flawless, damaged, crack.

    Args:
        surfaces: whose objects are named; an object of several is named once.
        objects: by surface.
    """
    named = list(dict.fromkeys(thing for surface in surfaces for thing in objects[surface]))
    states = {"flawless": flawless_states, "damaged": damaged_states, "crack": crack_states}
    return {name: expand(templates=templates, states=chosen, objects=named) for name, chosen in states.items()}


def sets(
    *,
    wording: Wording,
    templates: Sequence[str],
    surfaces: Sequence[str],
    objects: Mapping[str, Sequence[str]],
    flawless_states: Sequence[str],
    damaged_states: Sequence[str],
    crack_states: Sequence[str],
) -> tuple[list[str], list[str]]:
    """The sentences of the class normal and of the class crack; ``wording`` chooses the states of the latter.

    The other arguments are those of :func:`groups`.
    """
    every = groups(
        templates=templates,
        surfaces=surfaces,
        objects=objects,
        flawless_states=flawless_states,
        damaged_states=damaged_states,
        crack_states=crack_states,
    )
    return every["flawless"], every[OF_WORDING[wording]]


def text_matrix(encoder: Encoder, *, flawless: Sequence[str], damaged: Sequence[str]) -> Float[Tensor, "2 d"]:
    """Class directions: the mean of each set's normalised embeddings, normalised again; row 1 is the crack."""
    with torch.inference_mode():
        rows = [encoder.text_embedding(list(texts)).float().mean(dim=0) for texts in (flawless, damaged)]
    return nn.functional.normalize(torch.stack(rows), dim=1).clone()
