"""Compositional prompts: template × state × object, averaged to one direction per class (CrackCLIP, section 3.3)."""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.clip.encoders.encoder import Encoder

Wording = Literal["normal", "crack"]

OF_WORDING: dict[Wording, str] = {"normal": "damaged", "crack": "crack"}  # group of states of the class crack


def expand(*, templates: Sequence[str], states: Sequence[str], objects: Sequence[str]) -> list[str]:
    """All sentences: each template filled with each state filled with each object, objects varying fastest.

    Args:
        templates, states: sentences and parts of them with one ``{}`` each.
        objects: names of surfaces or members.
    """
    return [template.format(state.format(name)) for template in templates for state in states for name in objects]


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
        templates: sentences with one ``{}``, for the state.
        surfaces: whose objects are named; an object of several is named once.
        objects: by surface.
        flawless_states, damaged_states, crack_states: parts of sentences with one ``{}``, for the object.
    """
    names = list(dict.fromkeys(name for surface in surfaces for name in objects[surface]))
    states = {"flawless": flawless_states, "damaged": damaged_states, "crack": crack_states}
    return {group: expand(templates=templates, states=those, objects=names) for group, those in states.items()}


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
    """Sentences of the class normal and of the class crack.

    Args:
        wording: ``normal``: the class crack has the damaged states; ``crack``: it has the crack states.
        templates, surfaces, objects, flawless_states, damaged_states, crack_states: see :func:`groups`.
    """
    sentences = groups(
        templates=templates,
        surfaces=surfaces,
        objects=objects,
        flawless_states=flawless_states,
        damaged_states=damaged_states,
        crack_states=crack_states,
    )
    return sentences["flawless"], sentences[OF_WORDING[wording]]


def text_matrix(encoder: Encoder, *, flawless: Sequence[str], damaged: Sequence[str]) -> Float[Tensor, "2 d"]:
    """Class directions: the mean of each set's normalised embeddings, normalised again.

    Args:
        flawless, damaged: sentences of the classes no crack and crack.

    Returns:
        row 0 of the class no crack, row 1 of the class crack; d is the encoder's ``joint_width``.
    """
    with torch.inference_mode():
        rows = [encoder.text_embedding(list(texts)).float().mean(dim=0) for texts in (flawless, damaged)]
    return nn.functional.normalize(torch.stack(rows), dim=1).clone()
