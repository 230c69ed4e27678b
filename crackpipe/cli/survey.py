"""Commands of a survey: inspect photographs, make its page again (or a run's), list the models that can."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crackpipe.apply.engines import Engine
from crackpipe.cli.packing import MODEL
from crackpipe.errors import CrackpipeError

if TYPE_CHECKING:
    from crackpipe.apply.survey.inspecting import Outcome

PHOTOS = "photos.csv"  # of an inspection that has ended
MOST_PICTURES = 200
NAMED = 5  # of a table's photographs that are not there


def inspect(
    photos: Annotated[list[Path], typer.Argument(help="photographs, and folders that hold some; - reads a list")],
    out: Annotated[Path, typer.Option(help="folder for all results")] = Path("survey"),
    mm_per_px: Annotated[float | None, typer.Option(help="millimetres that a pixel shows")] = None,
    scales: Annotated[Path | None, typer.Option(help="CSV with photo and mm_per_px, where they differ")] = None,
    marker_mm: Annotated[float | None, typer.Option(help="side of an ArUco marker that is in the pictures")] = None,
    distance_m: Annotated[float | None, typer.Option(help="from camera to surface; the rest is in the EXIF")] = None,
    classes: Annotated[
        str, typer.Option(help="of width: aashto, jsce, eurocode, or limits in mm such as 0.2,0.5,1")
    ] = "aashto",
    only: Annotated[Literal["all", "masks"], typer.Option(help="masks: no pictures and no page")] = "all",
    model: MODEL = None,
    project: Annotated[Path | None, typer.Option(help="where the pipeline has run, e.g. .runs/crack500")] = None,
    level: Annotated[
        float | None, typer.Option(min=0.01, max=0.99, help="confidence from which a pixel is crack")
    ] = None,
    risk: Annotated[
        float | None,
        typer.Option(min=0.001, max=0.999, help="share of crack length that may be missed, in place of a level"),
    ] = None,
    gap_px: Annotated[float | None, typer.Option(min=0, help="pieces with no more between them are one crack")] = None,
    min_length_px: Annotated[float | None, typer.Option(min=0, help="shorter cracks are left out")] = None,
    elongation: Annotated[
        float | None, typer.Option(min=0, help="what is not so many times longer than wide is no crack; 0: all may be")
    ] = None,
    engine: Annotated[
        Engine | None, typer.Option(help="that runs the model; default: onnx where it can, torch on a graphics card")
    ] = None,
    again: Annotated[bool, typer.Option(help="look at those too that are done")] = False,
) -> None:
    """Cracks of photographs of any kind and size: masks, lengths and widths, tables, GIS points and a page to hand on.

    It goes on where it stopped. The exit status is 0 where all photographs were looked at, 3 where some were refused,
    1 where none was looked at.
    """
    from crackpipe.apply import segmenter_files
    from crackpipe.apply.survey import SurveySettings
    from crackpipe.apply.survey import inspect as survey
    from crackpipe.files import folders
    from crackpipe.imaging.scale import ScaleSources, read_table
    from crackpipe.measures import width_classes
    from crackpipe.measures.geometry import in_line
    from crackpipe.params.project import Project

    opened = None if project is None else Project.open(project)
    files = segmenter_files.find(model, project=opened, engine=engine)
    others = {"level": level, "gap-px": gap_px, "min-length-px": min_length_px, "elongation": elongation}
    if risk is not None and (also := [f"--{name}" for name, value in others.items() if value is not None]):
        raise CrackpipeError(f"--risk chooses what counts as a crack; leave {' and '.join(also)} out")
    files = files.with_geometry(level=level, gap_px=gap_px, min_length_px=min_length_px, min_elongation=elongation)
    files = files.with_risk(risk)
    table = None if scales is None else read_table(scales)
    settings = SurveySettings(
        sources=ScaleSources(mm_per_px=mm_per_px, table=table, marker_mm=marker_mm, distance_m=distance_m),
        limits=width_classes.parse(classes),
        masks_only=only == "masks",
        again=again,
    )
    found = survey(_listed(photos), files=files, out=out, settings=settings)
    for photo, reason in zip(found.refused["photo"], found.refused["reason"], strict=True):
        typer.echo(f"not looked at: {folders.printable(photo)}: {reason}")
    unknown = settings.sources.not_of(found.photos["photo"])
    if unknown:
        names = ", ".join(map(folders.printable, unknown[:NAMED])) + " …" * (len(unknown) > NAMED)
        typer.echo(f"{scales}: {len(unknown)} of its photographs were not named to this command: {names}")
    typer.echo(_summary(found, out, wider_px=in_line.WIDER * files.geometry.gap_px))
    if found.exit_status:
        raise typer.Exit(found.exit_status)


def report(
    folder: Annotated[
        Path, typer.Argument(help="a folder that `crackpipe inspect` has finished, or a project whose pipeline has run")
    ],
    classes: Annotated[
        str | None,
        typer.Option(help="limits of width: aashto, jsce, eurocode, or mm such as 0.2,0.5,1; default: as inspected"),
    ] = None,
    pictures: Annotated[
        int, typer.Option(min=0, help="photographs shown; the rest stands in the page's tables")
    ] = MOST_PICTURES,
) -> None:
    """Write report.html of an inspection again, e.g. with other limits of width, or that of a run of the pipeline.

    The tables of the inspection stay as they are. The page of a run holds its figures, plots and pictures, and the
    papers' tables with the run's rows; it takes no options.
    """
    if not (folder / PHOTOS).is_file() and (folder / "dvc.yaml").is_file():
        if classes is not None or pictures != MOST_PICTURES:
            raise CrackpipeError(f"{folder}: is a project, whose page takes neither --classes nor --pictures")
        from crackpipe.cli import run_page

        typer.echo(f"wrote {run_page.write(folder)}")
        return
    from crackpipe.measures import width_classes

    limits = None if classes is None else width_classes.parse(classes)
    from crackpipe.apply import report_page

    typer.echo(f"wrote {report_page.write(folder, classes=limits, most_pictures=pictures)}")


def models(
    project: Annotated[Path | None, typer.Option(help="also those of this project, e.g. .runs/crack500")] = None,
) -> None:
    """List trained models: those that come with the package, and those of a project."""
    from crackpipe.models import listing

    if project is not None and not project.is_dir():
        raise CrackpipeError(f"--project: {project} is not here; name a folder in which the pipeline has run")
    here = Path() if project is None and Path("params.yaml").is_file() else project
    typer.echo(f"{'name':32} {'kind':12} {'architecture':24} {'size':>9}  {'where':8} {'for':38} trained on")
    for one in listing.listed(here):
        size, used = f"{one.megabytes:6.1f} MB", listing.USED_BY.get(one.kind, "")
        row = f"{one.name:32} {one.kind:12} {one.architecture:24} {size}  {one.where:8} {used:38} {one.about}"
        typer.echo(row.rstrip())


def _listed(given: list[Path]) -> list[Path]:
    """Files and folders as given; ``-`` stands for a list on standard input, and a pattern for what it matches.

    A pattern that matches nothing stays, and is told as a file that is missing.
    """
    found: list[Path] = []
    for path in given:
        if str(path) == "-":
            found += [Path(os.fsdecode(line)) for line in sys.stdin.buffer.read().split(b"\n") if line]
        elif not path.exists() and any(mark in str(path) for mark in "*?["):
            found += sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))) or [path]
        else:
            found.append(path)
    return found


def _summary(found: "Outcome", out: Path, *, wider_px: float) -> str:
    photos = found.photos[found.photos["reason"] == ""]
    metres, widest = photos["length_m"], photos["widest_mm"]
    length = f", {metres.sum():.2f} m long" if metres.notna().any() else ""
    width = f", the widest {widest.max():.2f} mm" if widest.notna().any() else ""
    refused = f"; {len(found.refused)} not looked at" if len(found.refused) else ""
    unknown = int(photos["mm_per_px"].isna().sum())
    scale = f"\n{unknown} without a scale, in pixels alone: --mm-per-px and others tell one" if unknown else ""
    pieces = int(photos["in_line"].sum())
    joined = f"\n{pieces} of them may be pieces of others: --gap-px {wider_px:g} makes such one" if pieces else ""
    found_on = f"{len(found.cracks)} cracks on {len(photos)} photographs{length}{width}{refused}"
    return f"{found_on}{joined}{scale}\nresults in {out}"
