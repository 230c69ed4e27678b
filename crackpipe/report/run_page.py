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

NAME, SUMMARY = "report.html", "summary"
PICTURES = {".gif": "gif", ".jpeg": "jpeg", ".jpg": "jpeg", ".png": "png", ".svg": "svg+xml"}  # that DVC shows
TEMPLATES = Templates("crackpipe.report")


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table of a paper with the run's own rows below the published ones.

    Attributes:
        title: what it shows.
        heading: of the columns, the first of which names a row.
        rows: cells, as many as columns.
        own: how many of the rows, the last ones, are the run's.
        texts: columns that hold sentences.
        notes: sentences below it.
    """

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    own: int
    texts: Sequence[str]
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
        CrackpipeError: the folder has no metrics, or DVC cannot show its plots.
        ModuleNotFoundError: vl-convert-python is missing; it comes with the extra ``pipeline``.
    """
    tables = show.read(project)
    plots = list(_plots(project))
    text = TEMPLATES.fill(
        "run.html",
        style=markup(TEMPLATES.fill("base.css") + TEMPLATES.fill("run.css")),
        summary=next((_cells(table) for table in tables if table.name == SUMMARY), None),
        papers=papers,
        plots=[(plot.title, markup(plot.drawing)) for plot in plots if plot.drawing],
        pictures=[(plot.title, plot.picture) for plot in plots if plot.picture],
        tables=[(table.name, *_cells(table)) for table in tables if table.name != SUMMARY],
        commit=_commit(project),
    )
    atomic.write_text(project / NAME, text)
    return project / NAME


def _cells(table: show.Table) -> tuple[list[str], dict[str, list[str]]]:
    """Columns, and the figures of each row as text."""
    columns = show.columns(table.rows.values())
    return columns, {
        " ".join(keys): [show.figure(row, column) for column in columns] for keys, row in table.rows.items()
    }


def _plots(project: Path) -> Iterator[Plot]:
    """Plots and pictures in the order of dvc.yaml."""
    import vl_convert

    with tempfile.TemporaryDirectory() as folder:
        drawn = 0
        for name, versions in _shown(project, folder).items():
            for version in versions:
                if version["type"] == "image":
                    yield Plot(Path(name).stem, picture=_data_uri(Path(version["url"])))
                else:
                    spec = version["content"]
                    drawing = _numbered(vl_convert.vegalite_to_svg(_untitled(spec)), drawn)
                    drawn += 1
                    yield Plot(_title(spec) or name, drawing=drawing)


def _shown(project: Path, folder: str) -> dict[str, list[dict[str, Any]]]:
    """What ``dvc plots show`` tells of each plot; it puts pictures into ``folder``.

    Raises:
        CrackpipeError: it fails, or cannot read a plot.
    """
    command = [sys.executable, "-m", "dvc", "plots", "show", "--json", "--out", folder]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    try:
        tree = json.loads(done.stdout[max(0, done.stdout.find("{")) :])
    except ValueError:
        said = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise CrackpipeError(f"{project}: `dvc plots show` failed: {said}; run it there to see why") from None
    for error in tree.get("errors", []):
        plot = f"plot {error['name']!r}: " if error.get("name") else ""
        said = error.get("msg") or error.get("type")
        raise CrackpipeError(f"{project}: {plot}{said}; `dvc repro` writes what plots show, or mend dvc.yaml")
    shown: dict[str, list[dict[str, Any]]] = tree.get("data", {})
    return shown


def _numbered(svg: str, number: int) -> str:
    """A drawing whose clips and gradients have names of its own: the library counts on from drawing to drawing."""
    names: dict[str, str] = {}
    named = re.compile(r'(?<=id=")(?:clip|gradient)_?\d+(?=")|(?<=url\(#)(?:clip|gradient)_?\d+(?=\))')
    return named.sub(lambda found: names.setdefault(found[0], f"part-{number}-{len(names)}"), svg)


def _title(spec: Mapping[str, Any]) -> str:
    title = spec.get("title", "")
    return str(title.get("text", "")) if isinstance(title, Mapping) else str(title)


def _untitled(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The plot without its title, which stands above it on the page, on a ground of its own."""
    return {**{key: value for key, value in spec.items() if key != "title"}, "background": "white"}


def _data_uri(path: Path) -> str:
    kind = PICTURES.get(path.suffix.lower(), "jpeg")
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _commit(project: Path) -> str:
    """Short name of the commit, and whether files differ from it; empty outside a repository, or without git."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
