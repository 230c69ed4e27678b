"""Compositional prompts: template × state × object, averaged to one direction per class (CrackCLIP, section 3.3)."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.errors import ModelError

Wording = Literal["normal", "crack"]

PASSED_OVER = frozenset({"a", "an", "the", "in", "on", "at", "of", "and", "with", "any", "its"})  # of a text's words
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


def meant(
    text: str,
    *,
    templates: Sequence[str],
    objects: Sequence[str],
    flawless_states: Sequence[str],
    states: Sequence[str],
) -> list[str]:
    """Prompts that a text means, for an encoder that has learned whole prompts, and of whose words little else.

    Of the prompts with or without a crack, whichever has a state of which the text says more, those that share most
    words with it. Words are compared in small letters, without punctuation and a plural's s; ``no`` and ``free`` are
    read as ``without``, and small words such as ``in`` are passed over.

    Args:
        text: free words, such as ``cracked wall`` or ``concrete without cracks``.
        templates, objects: of all prompts.
        flawless_states, states: of both classes.

    Raises:
        ModelError: words are in none of the prompts, or none of them says whether there is a crack.
    """
    flawless, cracked = (
        {prompt: set(_words(prompt)) for prompt in expand(templates=templates, states=those, objects=objects)}
        for those in (flawless_states, states)
    )
    known = set[str]().union(*flawless.values(), *cracked.values())
    words = [word for word in map(_plain, _words(text)) if word in known or word not in PASSED_OVER]
    if unknown := [word for word in words if word not in known]:
        raise ModelError(
            f"the encoder has not learned {', '.join(map(repr, unknown))}; it was packed with its prompts alone, whose "
            f"words are {', '.join(sorted(known))}: use these, or name another encoder"
        )
    said, of_none = _said(words, states), _said(words, flawless_states)
    if not max(said, of_none):
        raise ModelError(
            f"the text does not say whether there is a crack, and the encoder tells little else apart; say "
            f"{states[-1].format(objects[-1])!r} or {flawless_states[-1].format(objects[-1])!r}"
        )
    shared = {prompt: len(its & set(words)) for prompt, its in (flawless if of_none > said else cracked).items()}
    return [prompt for prompt, count in shared.items() if count == max(shared.values())]


def _said(words: Sequence[str], states: Sequence[str]) -> float:
    """Largest share of a state's words that are among these."""
    split = [set(_words(state)) for state in states]
    return max(len(its & set(words)) / len(its) for its in split)


def _words(text: str) -> list[str]:
    """Words in small letters, without punctuation and a plural's s."""
    found = re.findall(r"[^\W_]+", text.lower().replace("{}", " "))
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in found]


def _plain(word: str) -> str:
    return "without" if word in ("no", "free") else word


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
