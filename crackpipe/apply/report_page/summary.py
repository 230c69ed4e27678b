"""The first screen: what matters in four figures, the classes, and the widest cracks."""

from collections.abc import Mapping
from dataclasses import dataclass

from crackpipe.apply.report_page import figures
from crackpipe.apply.report_page.pictures import PicturePair, uri
from crackpipe.apply.report_page.survey import Survey, total

WORST = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its name, and what else there is to know of it."""

    name: str
    figure: str
    note: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class ClassShare:
    """A width class: its name and style, the number and length of its cracks, and their share of all length (0–1)."""

    name: str
    css: str
    cracks: str
    length: str
    part: float
    share: str


@dataclass(frozen=True, slots=True)
class WideCrack:
    """One of the widest cracks, with a close-up of its widest place (a data URI) where there is one."""

    photo: str
    target: str
    number: int
    width: str
    length: str
    class_name: str
    css: str
    closeup: str


def tiles(survey: Survey, *, pictured: frozenset[str]) -> list[Tile]:
    """Photographs, cracks, their total length, and the widest.

    Args:
        survey: the inspection.
        pictured: names of photographs that have a picture on the page, to link to.
    """
    inspected, cracks = survey.inspected, survey.cracks
    cracked = int((inspected["cracks"] > 0).sum())
    refused = len(survey.refused)
    looked_at = f"{cracked} with cracks" if refused == 0 else f"{cracked} with cracks, {refused} not looked at"
    sound = len(inspected) - cracked
    without = [f"none in {figures.counted(sound, 'photograph', 'photographs')}"] * bool(sound)
    pieces = int(total(inspected["in_line"]))
    without += [f"{figures.fixed(pieces, digits=0)} may be pieces of others"] * bool(pieces)
    return [
        Tile("Photographs", figures.fixed(len(inspected), digits=0), looked_at, "#refused" if refused else ""),
        Tile("Cracks found", figures.fixed(len(cracks), digits=0), ", ".join(without)),
        _length(survey),
        _widest(survey, pictured),
    ]


def _length(survey: Survey) -> Tile:
    cracks = survey.cracks
    if not survey.has_scale:
        return Tile("Total length", figures.pixels(total(cracks["length_px"])), "no photograph has a scale")
    without = cracks[cracks["length_mm"].isna()]
    note = _density(survey)
    if len(without):
        note = f"and {figures.pixels(total(without['length_px']))} in photographs without a scale"
    return Tile("Total length", figures.length(total(cracks["length_mm"])), note)


def _density(survey: Survey) -> str:
    """Length by the area that was looked at, of photographs with a scale."""
    scaled = survey.inspected[survey.inspected["mm_per_px"].notna()]
    area_m2 = total(scaled["inside_px"] * scaled["mm_per_px"] ** 2) / 1e6
    return f"{figures.rounded(total(scaled['length_m']) / area_m2)} m per square metre" if area_m2 > 0 else ""


def _widest(survey: Survey, pictured: frozenset[str]) -> Tile:
    widest = survey.widest(1)
    if widest.empty:
        return Tile("Widest", figures.NOT_KNOWN, "")
    crack = widest.iloc[0]
    value = crack[f"width_max_{survey.unit}"]
    figure = figures.width(value) if survey.has_scale else figures.pixels(value)
    return Tile(
        "Widest", figure, f"crack {crack['crack']} of {crack['name']}", _target(survey, crack["name"], pictured)
    )


def classes(survey: Survey) -> list[ClassShare]:
    """Classes from the thinnest on, those without a crack too; none where no photograph has a scale."""
    if not survey.has_scale:
        return []
    whole = total(survey.measured["length_mm"])
    shares = []
    for name in survey.limits.names:
        cracks = survey.measured[survey.measured["class"] == name]
        length = total(cracks["length_mm"])
        shares.append(
            ClassShare(
                name,
                survey.css(name),
                figures.fixed(len(cracks), digits=0),
                figures.length(length),
                length / whole if whole > 0 else 0.0,
                figures.share(length, whole),
            )
        )
    return shares


def worst(survey: Survey, pictures: Mapping[str, PicturePair]) -> list[WideCrack]:
    """The widest cracks."""
    rows = []
    for crack in survey.widest(WORST).to_dict("records"):
        pair = pictures.get(crack["name"])
        closeup = pair.closeups.get(crack["crack"]) if pair else None
        wide, long = crack[f"width_max_{survey.unit}"], crack[f"length_{survey.unit}"]
        rows.append(
            WideCrack(
                photo=crack["name"],
                target=_target(survey, crack["name"], frozenset(pictures)),
                number=crack["crack"],
                width=figures.width(wide) if survey.has_scale else figures.pixels(wide),
                length=figures.length(long) if survey.has_scale else figures.pixels(long),
                class_name=crack["class"],
                css=survey.css(crack["class"]),
                closeup=uri(closeup) if closeup else "",
            )
        )
    return rows


def _target(survey: Survey, name: str, pictured: frozenset[str]) -> str:
    return f"#photo-{survey.number[name]}" if name in pictured else ""
