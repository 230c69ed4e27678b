"""A text tower's vocabulary cut to the tokens that its training has read; the others' embeddings are still random."""

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from crackpipe.clip.encoders import open_clip_models
from crackpipe.errors import ModelError

EMBEDDING = "text.token_embedding.weight"  # of a dual encoder, a row a token


def tokens_of(texts: Iterable[str]) -> list[int]:
    """Ids of all tokens of these texts, with start, end and padding, ascending.

    Args:
        texts: sentences.
    """
    found = open_clip_models.tokenize(sorted(set(texts)) or [""])
    return sorted({0, *found.flatten().tolist()})


def cut(tensors: dict[str, Tensor], tokens: Sequence[int]) -> dict[str, Tensor]:
    """Weights of a dual encoder with the rows of these tokens alone.

    The end token keeps the highest row: the tower finds the end of a text by it.

    Args:
        tensors: by name, of an encoder with the whole vocabulary.
        tokens: ids, ascending, as :func:`tokens_of` tells them.
    """
    return {**tensors, EMBEDDING: tensors[EMBEDDING][list(tokens)]}


def rows_of(texts: Sequence[str], tokens: Sequence[int]) -> Int[Tensor, "n t"]:
    """Tokens of texts as rows of an embedding that :func:`cut` has made.

    Args:
        texts: sentences.
        tokens: ids that have a row, ascending.

    Raises:
        ModelError: a text has another token.
    """
    ids, known = open_clip_models.tokenize(list(texts)), torch.tensor(tokens)
    places = torch.searchsorted(known, ids).clamp(max=len(tokens) - 1)
    if (known[places] != ids).any():
        unknown = next(word for text in texts for word in text.split() if not _has_learned(word, tokens))
        raise ModelError(
            f"the encoder has not learned the word {unknown!r}; it was packed with the words of its prompts alone: "
            f"{', '.join(_words(tokens))}; use these, or name another encoder"
        )
    return places


def _has_learned(word: str, tokens: Sequence[int]) -> bool:
    return set(tokens).issuperset(open_clip_models.tokenize([word]).flatten().tolist())


def _words(tokens: Sequence[int]) -> list[str]:
    """Tokens that are words of three letters or more, sorted."""
    found = (open_clip_models.word(token) for token in tokens)
    return sorted(word for word in found if len(word) > 2 and word.isalpha())
