"""Photographs one by one: their pictures, what is known of them, and their cracks."""

from collections.abc import Mapping
from dataclasses import dataclass

from crackpipe.apply.report_page import figures
from crackpipe.apply.report_page.pictures import PicturePair, uri
from crackpipe.apply.report_page.survey import Survey
from crackpipe.apply.report_page.tables import Row, direction

MOST_CRACKS = 12
"""Cracks that are listed beneath a picture; the table has all."""


@dataclass(frozen=True, slots=True)
class CrackLine:
    """A crack beneath its picture."""

    number: int
    width: str
    length: str
    direction: str
    class_name: str
    css: str


@dataclass(frozen=True, slots=True)
class Card:
    """A photograph with its pictures, data URIs; ``photograph`` is empty where its file is gone."""

    number: int
    name: str
    path: str
    facts: list[str]
    notes: str
    drawn: str
    photograph: str
    height_px: int
    width_px: int
    cracks: list[CrackLine]
    more: int


def cards(survey: Survey, pictures: Mapping[str, PicturePair]) -> list[Card]:
    """Cards of the photographs that have a picture, in the order in which photographs were given."""
    by_name: dict[str, list[Row]] = {}
    for crack in survey.cracks.sort_values("crack", kind="stable").to_dict("records"):
        by_name.setdefault(crack["name"], []).append(crack)
    made = []
    for photo in survey.inspected.to_dict("records"):
        name = photo["name"]
        if name not in pictures:
            continue
        pair = pictures[name]
        rows = by_name.get(name, [])
        made.append(
            Card(
                number=survey.number[name],
                name=name,
                path=photo["photo"],
                facts=_facts(photo),
                notes=photo["notes"],
                drawn=uri(pair.drawn),
                photograph=uri(pair.photograph) if pair.photograph else "",
                height_px=pair.height_px,
                width_px=pair.width_px,
                cracks=[_line(survey, row) for row in rows[:MOST_CRACKS]],
                more=max(0, len(rows) - MOST_CRACKS),
            )
        )
    return made


def _line(survey: Survey, row: Row) -> CrackLine:
    scaled = row["width_max_mm"] == row["width_max_mm"]
    return CrackLine(
        number=row["crack"],
        width=figures.width(row["width_max_mm"]) if scaled else figures.pixels(row["width_max_px"]),
        length=figures.length(row["length_mm"]) if scaled else figures.pixels(row["length_px"]),
        direction=direction(row),
        class_name=row["class"],
        css=survey.css(row["class"]),
    )


def _facts(photo: Row) -> list[str]:
    """What is known of a photograph, a phrase each."""
    facts = []
    scaled = photo["mm_per_px"] == photo["mm_per_px"]
    if photo["cracks"]:
        facts.append(figures.counted(photo["cracks"], "crack", "cracks"))
        facts.append(figures.length(1000 * photo["length_m"]) if scaled else figures.pixels(photo["length_px"]))
        widest = figures.width(photo["widest_mm"]) if scaled else figures.pixels(photo["widest_px"])
        facts.append(f"widest {widest}")
    facts.append(f"{photo['mm_per_px']:.3g} mm a pixel ({photo['scale_from']})" if scaled else "no scale")
    pixels = photo["height_px"] * photo["width_px"]
    if photo["inside_px"] < pixels:
        facts.append(f"{figures.share(photo['inside_px'], pixels)} of the picture looked at")
    if photo["latitude"] == photo["latitude"] and photo["longitude"] == photo["longitude"]:
        facts.append(f"{photo['latitude']:.5f}°, {photo['longitude']:.5f}°")
    if photo["taken"]:
        facts.append(f"taken {photo['taken']}")
    return facts
