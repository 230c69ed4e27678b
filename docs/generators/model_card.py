"""The page on the models that come with the package, from their cards."""

from pathlib import Path
from typing import Any

from crackpipe.models import cards

SETS = {"drawn": "drawn surfaces", "crack500": "Crack500, held-out crops", "cfd": "CFD", "deepcrack": "DeepCrack"}


def page(folder: Path) -> str:
    """Say of each model what it is, what it was trained on, how it is run, and how good it was on which photographs.

    Args:
        folder: holds a folder a model.
    """
    found = sorted(path.parent for path in folder.glob(f"*/{cards.FILE}"))
    return "\n\n".join(
        PAGES[cards.kind(one)](one.name, cards.values_of(one / cards.FILE), _megabytes(one)) for one in found
    )


def _megabytes(folder: Path) -> float:
    return (folder / "model.safetensors").stat().st_size / 1e6


def _classifier(name: str, card: cards.Card, megabytes: float) -> str:
    told = (
        f"A {card['architecture']}, {megabytes:.1f} MB in half precision: whether a patch of {card['side_px']} px "
        "shows a crack. `crackpipe.load_classifier()` reads it, and labels photographs with it."
    )
    return "\n\n".join([f"## {name}", card["about"], told])


def _encoder(name: str, card: cards.Card, megabytes: float) -> str:
    told = (
        f"Images by {card['backbone']}, texts by a transformer of {card['text_layers']} layers; {card['joint_width']} "
        f"dimensions, {megabytes:.1f} MB in half precision. It was aligned on patches of {card['side_px']} px, and "
        f"knows {len(card['tokens'])} tokens, those of its prompts. `crackpipe few-shot`, `classify` and `search` take "
        "it where no other is named; see [Few labels](few-labels.md)."
    )
    return "\n\n".join([f"## {name}", card["about"], told])


def _segmenter(name: str, card: cards.Card, megabytes: float) -> str:
    geometry, tuned = card["geometry"], card["tuned"]
    certain = f"reaches {geometry['certain']:g} somewhere and " if geometry["certain"] > geometry["level"] else ""
    told = [
        f"## {name}",
        f"{card['about']}",
        f"A {card['architecture']} on {card['encoder']}, {megabytes:.1f} MB in half precision.",
        f"A pixel is crack from a confidence of {geometry['level']:g} on; a piece is a crack if it {certain}is "
        f"{geometry['min_length_px']:g} px long; pieces with no more than {geometry['gap_px']:g} px between them are "
        f"one, and what is not {geometry['min_elongation']:g} times longer than wide, and does not reach the border, "
        "is none. "
        "The first three were chosen on validation photographs, their crack-free squares and drawn surfaces with and "
        f"without cracks: F1 within 2 px {100 * tuned['f1']:.1f} %, the mean of both kinds. By these three "
        f"{_quiet(tuned['quiet'])} are left alone.",
        _figures(card["figures"]),
        *_held(card),
    ]
    return "\n\n".join(told)


def _quiet(quiet: dict[str, float]) -> str:
    named = {"squares": "crack-free squares", "photographs": "photographs without a crack"}
    named["drawn"] = "drawn surfaces without a crack"
    return " and ".join(f"{100 * quiet[kind]:.0f} % of {name}" for kind, name in named.items() if kind in quiet)


def _held(card: cards.Card) -> list[str]:
    """What its confidences and levels were worth where nothing was chosen; nothing of models packed without a bench."""
    if "risk" not in card:
        return []
    free = card["crack_free"]
    claimed = ", ".join(f"{100 * free[name]['claimed']:.0f} % {SETS.get(name, name)}" for name in sorted(free))
    pixels = {place: values for place, values in card["pixels"].items() if place.startswith("test/")}
    errors = ", ".join(
        f"{100 * values['ece_calibrated']:.1f} ({100 * values['ece']:.1f}) {SETS.get(place[5:], place[5:])}"
        for place, values in sorted(pixels.items())
    )
    asked = card["risk"]["0.1"]["missed"]
    missed = ", ".join(
        f"{100 * share:.0f} % {SETS.get(_named(place), _named(place))}" for place, share in asked.items()
    )
    return [
        f"Of squares or photographs without a crack that it has not been chosen on it claims: {claimed}.",
        f"Calibration error of its pixels in per cent, in brackets before they were calibrated: {errors}.",
        f"Asked for a tenth of crack length that may be missed (`inspect --risk 0.1`) it misses: {missed}."
        if asked
        else "None of its levels promises that a tenth of crack length is missed at most.",
    ]


def _named(place: str) -> str:
    return place.removeprefix("test/").replace("val", "validation")


def _figures(figures: dict[str, dict[str, Any]]) -> str:
    head = "| test photographs | | ODS | OIS | AP | F1 of its cracks | the same within 2 px: ODS | AP | F1 |"
    rows = [head, "| --- " * 9 + "|"]
    for source, values in figures.items():
        names = ("ods", "ois", "ap", "f1", "ods_2px", "ap_2px", "f1_2px")
        cells = [f"{100 * values[name]:.1f}" for name in names]
        rows.append(f"| {SETS.get(source, source)} | {values['photographs']} | {' | '.join(cells)} |")
    return "\n".join(rows)


PAGES = {"classifier": _classifier, "clip": _encoder, "segmenter": _segmenter}
