"""Prompts: the order of the sentences, and the mean of means written out."""

from typing import Literal

import numpy as np
import pytest
import torch

from crackpipe.clip import prompts
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.errors import ModelError

FLAWLESS = ["a photo of a flawless wall", "a photo of a perfect wall", "a photo of an intact road"]
DAMAGED = ["a photo of a cracked wall", "a photo of a road with dark curve"]


def test_templates_vary_slowest_and_objects_fastest() -> None:
    found = prompts.expand(
        templates=["a {}.", "the {}!"], states=["perfect {}", "{} at rest"], objects=["wall", "road"]
    )
    assert found == [
        "a perfect wall.",
        "a perfect road.",
        "a wall at rest.",
        "a road at rest.",
        "the perfect wall!",
        "the perfect road!",
        "the wall at rest!",
        "the road at rest!",
    ]


def test_one_template_state_and_object_make_one_sentence() -> None:
    assert prompts.expand(templates=["{}"], states=["{}"], objects=["wall"]) == ["wall"]


@pytest.mark.parametrize(("wording", "state"), [("crack", "cracked"), ("normal", "damaged")])
def test_the_wording_chooses_the_states_of_the_crack(wording: Literal["normal", "crack"], state: str) -> None:
    found = prompts.sets(
        wording=wording,
        templates=["a photo of a {}"],
        surfaces=["wall", "road"],
        objects={"road": ["road"], "bridge": ["pier"], "wall": ["wall"]},
        flawless_states=["flawless {}"],
        damaged_states=["damaged {}"],
        crack_states=["cracked {}"],
    )
    assert found == (
        ["a photo of a flawless wall", "a photo of a flawless road"],
        [f"a photo of a {state} wall", f"a photo of a {state} road"],
    )


def test_surfaces_choose_the_objects_in_their_order_each_once() -> None:
    found = prompts.groups(
        templates=["{}"],
        surfaces=["wall", "road"],
        objects={"road": ["pavement", "concrete"], "bridge": ["pier"], "wall": ["brick", "concrete"]},
        flawless_states=["flawless {}"],
        damaged_states=["damaged {}"],
        crack_states=["cracked {}", "{} with dark curve"],
    )
    assert found == {
        "flawless": ["flawless brick", "flawless concrete", "flawless pavement"],
        "damaged": ["damaged brick", "damaged concrete", "damaged pavement"],
        "crack": [
            "cracked brick",
            "cracked concrete",
            "cracked pavement",
            "brick with dark curve",
            "concrete with dark curve",
            "pavement with dark curve",
        ],
    }


def test_a_class_direction_is_the_normalised_mean_of_normalised_embeddings(encoder: DualEncoder) -> None:
    matrix = prompts.text_matrix(encoder, flawless=FLAWLESS, damaged=DAMAGED).numpy()
    for row, texts in zip(matrix, (FLAWLESS, DAMAGED), strict=True):
        total = np.zeros(encoder.joint_width)
        for text in texts:
            with torch.no_grad():
                one = encoder.text_embedding([text])[0].double().numpy()
            total += one / np.sqrt((one**2).sum())
        mean = total / len(texts)
        np.testing.assert_allclose(row, mean / np.sqrt((mean**2).sum()), atol=1e-5)


def test_the_order_of_a_set_does_not_matter(encoder: DualEncoder) -> None:
    forth = prompts.text_matrix(encoder, flawless=FLAWLESS, damaged=DAMAGED)
    back = prompts.text_matrix(encoder, flawless=FLAWLESS[::-1], damaged=DAMAGED[::-1])
    torch.testing.assert_close(forth, back)


def test_row_one_belongs_to_the_damaged_set(encoder: DualEncoder) -> None:
    matrix = prompts.text_matrix(encoder, flawless=FLAWLESS, damaged=DAMAGED)
    swapped = prompts.text_matrix(encoder, flawless=DAMAGED, damaged=FLAWLESS)
    torch.testing.assert_close(matrix, swapped.flip(0))


def test_the_matrix_can_be_trained_against(encoder: DualEncoder) -> None:
    matrix = prompts.text_matrix(encoder, flawless=FLAWLESS, damaged=DAMAGED)
    weight = torch.ones(2, encoder.joint_width, requires_grad=True)
    (weight * matrix).sum().backward()
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, matrix)


MADE_OF = {
    "templates": ["a photo of a {}", "a close-up photo of a {}"],
    "objects": ["concrete", "wall"],
    "flawless_states": ["flawless {}", "{} without crack"],
    "states": ["{} with crack", "cracked {}"],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a photo of a cracked wall", ["a photo of a cracked wall", "a close-up photo of a cracked wall"]),
        ("Cracked walls!", ["a photo of a cracked wall", "a close-up photo of a cracked wall"]),
        ("wall without cracks", ["a photo of a wall without crack", "a close-up photo of a wall without crack"]),
        ("flawless concrete", ["a photo of a flawless concrete", "a close-up photo of a flawless concrete"]),
        ("no crack in the wall", ["a photo of a wall without crack", "a close-up photo of a wall without crack"]),
        ("a crack on a wall", ["a photo of a wall with crack", "a close-up photo of a wall with crack"]),
        ("close-up, concrete with crack", ["a close-up photo of a concrete with crack"]),
    ],
)
def test_a_text_means_the_prompts_that_share_most_words_with_it(text: str, expected: list[str]) -> None:
    assert prompts.meant(text, **MADE_OF) == expected


def test_in_the_wording_of_damage_a_crack_is_damage() -> None:
    damage = {**MADE_OF, "states": ["damaged {}", "{} with damage"]}
    assert prompts.meant("damaged wall", **damage)[0] == "a photo of a damaged wall"
    assert "with damage" in prompts.meant("wall with crack", **damage)[0]
    assert "without crack" in prompts.meant("wall without crack", **damage)[0]


def test_a_crack_alone_is_none_without_one() -> None:
    found = prompts.meant("crack", **MADE_OF)
    assert found
    assert all("with crack" in prompt for prompt in found)


def test_unknown_words_are_all_named_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"not learned 'hairline', 'beam'; .* a, close, concrete, crack, cracked,"):
        prompts.meant("hairline cracks in a beam", **MADE_OF)


def test_a_text_that_says_nothing_of_cracks_is_refused_with_examples() -> None:
    with pytest.raises(ModelError, match=r"whether there is a crack, .*; say 'cracked wall' or 'wall without crack'"):
        prompts.meant("a photo of a wall", **MADE_OF)
