"""The page as a whole: tables of an inspection to one HTML text that asks nothing of any other file."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crackpipe.apply.report_page import details, drawings, summary, tables
from crackpipe.apply.report_page.cards import cards
from crackpipe.apply.report_page.pictures import PicturePair
from crackpipe.apply.report_page.survey import Survey
from crackpipe.files.page_template import Templates, markup
from crackpipe.measures.width_classes import Limits

TEMPLATES = Templates("crackpipe.apply.report_page")


def render(
    photos: pd.DataFrame, cracks: pd.DataFrame, run: Mapping[str, Any], *, pictures: Mapping[str, PicturePair]
) -> str:
    """Write the page of an inspection; the same arguments give the same text.

    Args:
        photos: a row a photograph, as in ``photos.csv``; ``class`` by the limits of ``run``.
        cracks: a row a crack, as in ``cracks.csv``.
        run: as in ``run.json``.
        pictures: by the photograph's ``name``; photographs without one stand in the tables alone.
    """
    survey = Survey(photos, cracks, run, limits(run))
    pictured = frozenset(pictures) & frozenset(survey.number)
    script = TEMPLATES.fill("report.js", shown=tables.SHOWN_ROWS)
    return TEMPLATES.fill(
        "report.html",
        style=markup(TEMPLATES.fill("base.css") + TEMPLATES.fill("report.css", classes=len(survey.limits.names))),
        script=markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        survey=survey,
        run=run,
        tiles=summary.tiles(survey, pictured=pictured),
        classes=summary.classes(survey),
        worst=summary.worst(survey, pictures),
        charts=[(chart, markup(chart.drawing)) for chart in drawings.charts(survey, pictured=pictured)],
        tables={
            "cracks": tables.cracks(survey, pictured=pictured),
            "photographs": tables.photographs(survey, pictured=pictured),
        },
        shown=tables.SHOWN_ROWS,
        cards=cards(survey, pictures),
        refused=survey.refused.to_dict("records"),
        model=details.lines(run["model"]),
        settings=details.lines(run["settings"]),
    )


def limits(run: Mapping[str, Any]) -> Limits:
    """Limits of the classes of a ``run.json``."""
    classes = run["classes"]
    return Limits(classes["name"], tuple(classes["limits_mm"]), tuple(classes["names"]))
