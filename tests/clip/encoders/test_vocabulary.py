"""A text tower that knows the tokens of its training alone."""

from typing import Any

import pytest
import torch

from crackpipe.clip.encoders import open_clip_models, vocabulary
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.errors import ModelError

SPEC: dict[str, Any] = {"backbone": "test_efficientnet", "joint_width": 16, "text_width": 32, "text_layers": 2}
TEXTS = ["a photo of a flawless wall!", "a photo of a cracked wall", "crack", ""]


@pytest.fixture(scope="module")
def pair() -> tuple[DualEncoder, DualEncoder]:
    """An encoder with the whole vocabulary, and with the tokens of ``TEXTS``."""
    torch.manual_seed(0)
    whole = DualEncoder(**SPEC).eval()
    tokens = vocabulary.tokens_of(TEXTS)
    small = DualEncoder(**SPEC, tokens=tokens).eval()
    small.load_state_dict(vocabulary.cut(whole.state_dict(), tokens))
    return whole, small


def test_texts_of_known_words_have_the_embeddings_of_the_whole_vocabulary(
    pair: tuple[DualEncoder, DualEncoder],
) -> None:
    whole, small = pair
    mixed = [*TEXTS, "a cracked photo of wall", "crack " * 50]  # the last is cut at the end of the context
    with torch.no_grad():
        torch.testing.assert_close(small.text_embedding(mixed), whole.text_embedding(mixed))
    assert sum(value.numel() for value in small.text.parameters()) < 100_000


def test_a_word_that_was_not_read_is_refused_with_those_that_were(pair: tuple[DualEncoder, DualEncoder]) -> None:
    _, small = pair
    with pytest.raises(ModelError, match=r"not learned the word 'Graffiti'; .* alone: crack, cracked, flaw"):
        small.text_embedding(["a wall", "photo of Graffiti"])


def test_rows_follow_the_tokens() -> None:
    tokens = vocabulary.tokens_of(["wall"])
    ids = open_clip_models.tokenize(["wall"])[0].tolist()
    assert vocabulary.rows_of(["wall"], tokens)[0].tolist() == [tokens.index(one) for one in ids]


def test_tokens_hold_padding_start_and_end_whatever_the_texts() -> None:
    ids = open_clip_models.tokenize(["wall"])[0].tolist()
    assert vocabulary.tokens_of(["wall"]) == sorted(set(ids))
    assert len(vocabulary.tokens_of([])) == 3
    assert vocabulary.tokens_of(["wall", "Wall"]) == vocabulary.tokens_of(["wall"])
