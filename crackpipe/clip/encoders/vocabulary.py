"""A text tower's vocabulary cut to the tokens that its training has read; the others' embeddings are still random."""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from crackpipe.clip.encoders import open_clip_models

EMBEDDING = "text.token_embedding.weight"  # of a dual encoder, a row a token
UNKNOWN = 0  # row of all other tokens; the end token must keep the highest row, as the tower looks for it so


def tokens_of(texts: Iterable[str]) -> list[int]:
    """Ids of all tokens of these texts, with start, end and padding, ascending.

    Args:
        texts: sentences.
    """
    found = open_clip_models.tokenize(sorted(set(texts)) or [""])
    return sorted({0, *found.flatten().tolist()})


def cut(tensors: dict[str, Tensor], tokens: Sequence[int]) -> dict[str, Tensor]:
    """Weights of a dual encoder with the rows of these tokens alone, behind one of zeros for all others.

    Args:
        tensors: by name, of an encoder with the whole vocabulary.
        tokens: ids, ascending, as :func:`tokens_of` tells them.
    """
    rows = tensors[EMBEDDING]
    return {**tensors, EMBEDDING: torch.cat([torch.zeros_like(rows[:1]), rows[list(tokens)]])}


def rows_of(ids: Int[Tensor, "n t"], tokens: Int[Tensor, "k"]) -> Int[Tensor, "n t"]:
    """Rows of token ids in an embedding that :func:`cut` has made.

    Args:
        ids: of the whole vocabulary.
        tokens: ids that have a row, ascending.
    """
    places = torch.searchsorted(tokens, ids).clamp(max=len(tokens) - 1)
    return torch.where(tokens[places] == ids, places + 1, UNKNOWN)


def unknown_words(text: str, tokens: Sequence[int]) -> list[str]:
    """Words of a text of which a token is not among these.

    Args:
        text: split at spaces.
        tokens: ids.
    """
    known = set(tokens)
    return [word for word in text.split() if not known.issuperset(open_clip_models.tokenize([word]).flatten().tolist())]
