"""A run of the pipeline as one page: figures, the papers' tables, plots and pictures, without a network.

Plots are those that dvc.yaml defines, as ``dvc plots show`` fills them, drawn as SVG.
"""

import base64
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackpipe.errors import CrackpipeError
from crackpipe.files import atomic
from crackpipe.files.page_template import Templates, markup
from crackpipe.report import show

NAME = "report.html"
TEMPLATES = Templates("crackpipe.report")


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table of a paper with the run's own rows below the published ones.

    Attributes:
        title: what it shows.
        heading: of the columns, the first of which names a row.
        rows: cells, as many as columns.
        own: how many of the rows, the last ones, are the run's.
        notes: sentences below it.
    """

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    own: int
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot or a picture.

    Attributes:
        title: above it.
        drawing: SVG; empty for a picture.
        picture: as a data URI; empty for a plot.
    """

    title: str
    drawing: str = ""
    picture: str = ""


def write(project: Path, papers: Sequence[PaperTable]) -> Path:
    """Write ``report.html`` of a project into its folder; the same files give the same bytes.

    Args:
        project: in which the pipeline has run: ``dvc.yaml``, ``metrics/``.
        papers: tables that have rows of this run.

    Returns:
        Path of the page.

    Raises:
        CrackpipeError: the folder has no metrics, or DVC cannot read its plots.
    """
    tables = show.read(project)
    plots = list(_plots(project))
    text = TEMPLATES.fill(
        "run.html",
        style=markup(TEMPLATES.fill("base.css") + TEMPLATES.fill("run.css")),
        topics=[(table.rows, _columns(table.rows)) for table in tables if table.name == "summary"],
        papers=papers,
        plots=[(plot.title, markup(plot.drawing)) for plot in plots if plot.drawing],
        pictures=[(plot.title, plot.picture) for plot in plots if plot.picture],
        tables=[(table.name, table.rows, _columns(table.rows)) for table in tables if table.name != "summary"],
        commit=_commit(project),
    )
    atomic.write_text(project / NAME, text)
    return project / NAME


def _columns(rows: Mapping[tuple[str, ...], show.Row]) -> list[str]:
    """Figures of any row, those that stand first elsewhere first."""
    order = {figure: position for position, figure in enumerate(show.FIRST)}
    every = {figure for row in rows.values() for figure in row}
    return sorted(every, key=lambda figure: (order.get(figure, len(order)), figure))


def _plots(project: Path) -> Iterator[Plot]:
    """Plots and pictures in the order of dvc.yaml."""
    import vl_convert

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dvc", "plots", "show", "--json", "--out", folder]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
        if done.returncode:
            raise CrackpipeError(f"{project}: `dvc plots show` failed: {done.stderr.strip().splitlines()[-1:]}")
        shown: dict[str, list[dict[str, Any]]] = json.loads(done.stdout[done.stdout.index("{") :])["data"]
        for number, (name, versions) in enumerate(shown.items()):
            for version in versions:
                if version["type"] == "image":
                    yield Plot(Path(name).stem, picture=_data_uri(Path(version["url"])))
                else:
                    spec = version["content"]
                    yield Plot(
                        _title(spec) or name, drawing=_numbered(vl_convert.vegalite_to_svg(_untitled(spec)), number)
                    )


def _numbered(svg: str, number: int) -> str:
    """A drawing whose clips have names of its own on the page; the library counts them on from drawing to drawing."""
    names: dict[str, str] = {}
    return re.sub(r"\bclip\d+\b", lambda found: names.setdefault(found[0], f"clip-{number}-{len(names)}"), svg)


def _title(spec: Mapping[str, Any]) -> str:
    title = spec.get("title", "")
    return str(title.get("text", "")) if isinstance(title, Mapping) else str(title)


def _untitled(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The plot without its title, which stands above it on the page, on a ground of its own."""
    return {**{key: value for key, value in spec.items() if key != "title"}, "background": "white"}


def _data_uri(path: Path) -> str:
    kind = "png" if path.suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _commit(project: Path) -> str:
    """Short name of the commit, and whether files differ from it; empty outside a repository."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=project, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
