"""The page's charts: widths, directions and positions of a survey."""

from dataclasses import dataclass

import numpy as np

from crackpipe.apply.report_page import figures
from crackpipe.apply.report_page.charts import histogram, rose, site_map
from crackpipe.apply.report_page.survey import Survey, total


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as SVG, with its heading and what one has to know to read it."""

    heading: str
    drawing: str
    note: str


def charts(survey: Survey, *, pictured: frozenset[str]) -> list[Chart]:
    """Draw what there is: widths and directions where there are cracks, a map where positions are known.

    Args:
        survey: the inspection.
        pictured: names of photographs that have a picture on the page, to link to.
    """
    return [chart for chart in (_widths(survey), _directions(survey), _positions(survey, pictured)) if chart]


def _widths(survey: Survey) -> Chart | None:
    cracks = survey.measured[survey.measured[f"width_max_{survey.unit}"] > 0]
    if cracks.empty:
        return None
    lengths = cracks[f"length_{survey.unit}"].to_numpy(float)
    in_metres = survey.has_scale and lengths.sum() >= 1000
    bars = histogram.count(cracks[f"width_max_{survey.unit}"].to_numpy(float), lengths / 1000 if in_metres else lengths)
    without = len(survey.cracks) - len(cracks)
    drawing = histogram.draw(
        bars,
        unit=survey.unit,
        length_unit="m" if in_metres else survey.unit,
        limits=survey.limits.limits_mm if survey.has_scale else (),
    )
    note = "Each crack counts with its length."
    if without and survey.has_scale:
        note += f" {figures.counted(without, 'crack', 'cracks')} without a scale left out."
    return Chart("Widths", drawing, note)


def _directions(survey: Survey) -> Chart | None:
    cracks = survey.directed()
    if cracks.empty or not total(cracks["length_px"]) > 0:
        return None
    shares = rose.count(cracks["orientation_deg"].to_numpy(float), cracks["length_px"].to_numpy(float))
    whole, kept = total(survey.cracks["length_px"]), total(cracks["length_px"])
    note = "In the photograph as it is shown; the area of a petal is a length."
    if len(cracks) < len(survey.cracks):
        note += f" {figures.share(whole - kept, whole)} of the length runs in no single direction and is left out."
    return Chart("Directions", rose.draw(shares), note)


def _positions(survey: Survey, pictured: frozenset[str]) -> Chart | None:
    placed = survey.inspected[survey.inspected["latitude"].notna() & survey.inspected["longitude"].notna()]
    if placed.empty:
        return None
    places = [
        site_map.Place(
            number=survey.number[photo["name"]],
            title=f"{photo['name']}: {figures.counted(photo['cracks'], 'crack', 'cracks')}",
            target=f"#photo-{survey.number[photo['name']]}" if photo["name"] in pictured else "",
            length=float(np.nan_to_num(photo["length_m" if survey.has_scale else "length_px"])),
            css=survey.css(photo["class"]),
        )
        for photo in placed.to_dict("records")
    ]
    drawing = site_map.draw(placed["latitude"].to_numpy(float), placed["longitude"].to_numpy(float), places)
    without = len(survey.inspected) - len(placed)
    note = "A dot a photograph: the larger, the more length of cracks."
    if survey.has_scale:
        note += " Its colour is the class of its widest crack."
    if without:
        note += f" {figures.counted(without, 'photograph has', 'photographs have')} no position."
    return Chart("Positions", drawing, note)
