"""Captions: the exact sentences, and what cannot be said."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackpipe.data.captions import MEASURES, SOUNDNESS, compose, measure, soundness
from crackpipe.data.photo import Attributes

CAPTIONED = Path(__file__).resolve().parents[2] / "../shared/data/captioned/captions.csv"


def test_full_record_gives_three_sentences() -> None:
    attributes = Attributes(("cracking",), ("the side wall",), "Ⅰ", "B")
    assert compose(attributes) == (
        "Cracking is observed in the side wall. The soundness rating is Ⅰ. "
        "The component-wise measure classification is B."
    )


def test_several_damages_take_a_plural_verb() -> None:
    attributes = Attributes(("corrosion", "deterioration of anti-corrosion function"), ("main girder",))
    assert compose(attributes) == (
        "Corrosion and deterioration of anti-corrosion function are observed in the main girder."
    )


def test_one_damage_in_two_places_takes_the_plural_as_two_damages_do() -> None:
    attributes = Attributes(("crack",), ("beam", "wall"), "Ⅱ")
    assert compose(attributes) == "Crack are observed in the beam and the wall. The soundness rating is Ⅱ."


def test_only_the_first_letter_changes_case() -> None:
    assert compose(Attributes(("ASR crack",), ("wall",))).startswith("ASR crack is")


@pytest.mark.parametrize(
    ("attributes", "caption"),
    [
        (Attributes(), ""),
        (Attributes(damage=("crack",)), ""),
        (Attributes(location=("wall",), measure="S2"), "The component-wise measure classification is S2."),
        (Attributes(soundness="IV"), "The soundness rating is Ⅳ."),
    ],
)
def test_missing_field_leaves_its_sentence_out(attributes: Attributes, caption: str) -> None:
    assert compose(attributes) == caption


@pytest.mark.parametrize(("latin", "rating"), list(zip(("I", "II", "III", "IV"), SOUNDNESS, strict=True)))
def test_soundness_reads_latin_letters_and_roman_numerals_alike(latin: str, rating: str) -> None:
    assert soundness(latin) == soundness(f" {latin.lower()} ") == soundness(rating) == rating


@pytest.mark.parametrize("text", ["", "V", "5", "1", "IIII"])
def test_unknown_soundness_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=rf"soundness: got '{text}', expected one of Ⅰ, Ⅱ, Ⅲ, Ⅳ"):
        soundness(text)


def test_unknown_measure_says_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"measure: got 'D', expected one of A, B, C1, C2, E1, E2, M, S1, S2"):
        compose(Attributes(measure="D"))


def test_empty_damage_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"damage: got \('crack', ' '\) with an empty name"):
        compose(Attributes(damage=("crack", " "), location=("wall",)))


@given(st.sampled_from(MEASURES))
def test_measure_reads_its_own_values_in_either_case(name: str) -> None:
    assert measure(name) == measure(name.lower()) == name


def test_captions_of_real_records_are_reproduced_but_for_the_verb_of_several_locations() -> None:
    """Those of the records have "is" there; the model card's template has "are"."""
    if not CAPTIONED.is_file():
        pytest.skip("the captioned photographs are not on this machine")
    with CAPTIONED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 1200
    for row in rows:
        attributes = Attributes(
            damage=tuple(row["damage"].split("|")),
            location=tuple(row["location"].split("|")),
            soundness=row["soundness"] or None,
            measure=row["measure"] or None,
        )
        several = len(attributes.damage) == 1 and len(attributes.location) > 1
        wanted = row["caption"].replace(" is observed ", " are observed ") if several else row["caption"]
        assert compose(attributes) == wanted
