"""Similarities of a photograph to prompts, beside cosines that are written out."""

import numpy as np
import pytest
import torch

from crackpipe.apply import prompts
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime

GROUPS = {
    "flawless": ["a flawless wall", "a flawless road"],
    "damaged": ["a damaged wall"],
    "crack": ["a cracked wall"],
}
IMAGE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def unit(vectors: torch.Tensor) -> np.ndarray:
    array = vectors.double().numpy()
    return array / np.linalg.norm(array, axis=1, keepdims=True)


def test_a_prompts_similarity_is_the_cosine_of_its_embedding(encoder: DualEncoder, runtime: Runtime) -> None:
    table, _ = prompts.similarities(encoder, IMAGE, GROUPS, side_px=64, runtime=runtime)
    texts = [text for group in GROUPS.values() for text in group]
    with torch.no_grad():
        inputs = encoder.prepare(torch.from_numpy(IMAGE).permute(2, 0, 1)[None], runtime)
        wanted = unit(encoder.text_embedding(texts)) @ unit(encoder.image_embedding(inputs))[0]
    assert table["prompt"].tolist() == texts
    assert table["group"].tolist() == ["flawless", "flawless", "damaged", "crack"]
    np.testing.assert_allclose(table["similarity"], wanted, atol=2e-3)  # vectors of 16 bits


def test_classes_are_those_of_both_wordings(encoder: DualEncoder, runtime: Runtime) -> None:
    table, classes = prompts.similarities(encoder, IMAGE, GROUPS, side_px=64, runtime=runtime)
    by_prompt = table.set_index("prompt")["similarity"]
    assert classes["wording"].tolist() == ["normal", "crack"]
    for row, text in zip(classes.itertuples(), ("a damaged wall", "a cracked wall"), strict=True):
        assert row.crack == pytest.approx(by_prompt[text], abs=2e-3)  # a class of one prompt
        odds = np.exp(100 * (row.crack - row.flawless))
        assert row.softmax == pytest.approx(odds / (1 + odds), abs=1e-4)
    assert classes["flawless"].nunique() == 1


def test_the_whole_photograph_is_squeezed_to_the_side(encoder: DualEncoder, runtime: Runtime) -> None:
    wide = np.repeat(IMAGE, 2, axis=1)  # each pixel twice: squeezed, it is the square again
    first, _ = prompts.similarities(encoder, IMAGE, GROUPS, side_px=64, runtime=runtime)
    second, _ = prompts.similarities(encoder, wide, GROUPS, side_px=64, runtime=runtime)
    other, _ = prompts.similarities(encoder, IMAGE, GROUPS, side_px=32, runtime=runtime)
    np.testing.assert_allclose(first["similarity"], second["similarity"], atol=2e-3)
    assert not np.allclose(first["similarity"], other["similarity"], atol=1e-4)
