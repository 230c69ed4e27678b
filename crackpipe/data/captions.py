"""Captions: sentences of an inspection report on a photograph, after BridgeCLIP's caption template."""

from collections.abc import Sequence

from crackpipe.data.photo import Attributes

SOUNDNESS = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ")
"""Health of the member, from sound to urgent: Unicode Roman numerals, as in the records the template comes from."""

MEASURES = ("A", "B", "C1", "C2", "E1", "E2", "M", "S1", "S2")
"""Class of the measure to be taken: A none, B as the case may be, C repair, E emergency, M upkeep, S investigation."""

_WRITTEN_AS = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ", "IV": "Ⅳ"}


def compose(attributes: Attributes) -> str:
    """Compose the caption of a photograph from its attributes (BridgeCLIP model card, "Caption template").

    ``<Damage> is|are observed in the <location>. The soundness rating is <Ⅰ|Ⅱ|Ⅲ|Ⅳ>. The component-wise measure
    classification is <measure>.`` A sentence whose field is missing is left out; the first one needs damage and
    location. Several damages or locations are joined by " and ", and either makes the verb ``are``.

    Returns:
        The caption, or ``""`` if no sentence is left.

    Raises:
        ValueError: a rating or measure that the template does not know, or an empty damage or location.
    """
    sentences = []
    if attributes.damage and attributes.location:
        damage = " and ".join(_words(attributes.damage, field="damage"))
        locations = " and ".join(_with_article(location) for location in _words(attributes.location, field="location"))
        verb = "is" if len(attributes.damage) == len(attributes.location) == 1 else "are"
        sentences.append(f"{damage[0].upper()}{damage[1:]} {verb} observed in {locations}.")
    if attributes.soundness is not None:
        sentences.append(f"The soundness rating is {soundness(attributes.soundness)}.")
    if attributes.measure is not None:
        sentences.append(f"The component-wise measure classification is {measure(attributes.measure)}.")
    return " ".join(sentences)


def soundness(text: str) -> str:
    """Read a soundness rating, written as Ⅰ–Ⅳ or as I–IV in Latin letters; return it as Ⅰ, Ⅱ, Ⅲ or Ⅳ.

    Raises:
        ValueError: any other text.
    """
    rating = text.strip().upper()
    rating = _WRITTEN_AS.get(rating, rating)
    if rating not in SOUNDNESS:
        raise ValueError(
            f"soundness: got {text!r}, expected one of Ⅰ, Ⅱ, Ⅲ, Ⅳ (or I, II, III, IV); leave it empty if unknown"
        )
    return rating


def measure(text: str) -> str:
    """Read a measure classification; return it as one of :data:`MEASURES`.

    Raises:
        ValueError: any other text.
    """
    name = text.strip().upper()
    if name not in MEASURES:
        raise ValueError(f"measure: got {text!r}, expected one of {', '.join(MEASURES)}; leave it empty if unknown")
    return name


def _words(names: Sequence[str], *, field: str) -> list[str]:
    words = [name.strip() for name in names]
    if not all(words):
        raise ValueError(f"{field}: got {tuple(names)!r} with an empty name; remove it")
    return words


def _with_article(location: str) -> str:
    return location if location.lower().startswith("the ") else f"the {location}"
