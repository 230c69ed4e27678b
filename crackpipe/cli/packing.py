"""Commands that write a project's trained models, each with all that it needs, to be used where there is no project."""

from pathlib import Path
from typing import Annotated, Any

import typer

FOLDER = Annotated[Path, typer.Argument(help="a folder that is new or empty")]
MODEL = Annotated[
    str | None,
    typer.Option(help="a segmenter: a name that `crackpipe models` lists, or a folder; default: the package's own"),
]
PROJECT = Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/crack500")]
HALF = Annotated[bool, typer.Option(help="weights in half precision, in half the room")]
ABOUT = Annotated[str, typer.Option(help="what it was trained on, for the card")]


def pack(
    folder: FOLDER,
    model: MODEL = None,
    project: PROJECT = Path(),
    half: HALF = False,
    onnx: Annotated[bool, typer.Option(help="also model.onnx, by which it runs where there is no PyTorch")] = False,
    about: ABOUT = "",
) -> None:
    """Write a trained segmenter with all that it needs: `crackpipe inspect --model FOLDER` then asks for no project.

    What counts as a crack, and its figures, are those of the stage bench, where bench.segmenters names it.
    """
    from crackpipe.apply import segmenter_files
    from crackpipe.params.project import Project

    files = segmenter_files.find(model, project=Project.open(project))
    from crackpipe.apply import packing, trained_segmenter

    packing.check(files, folder, graph=onnx)
    told = _told(about)
    benched = packing.benched(files)
    if benched is None and "tuned" not in files.card:
        typer.echo(f"{files.folder_name} is not in bench.segmenters: what counts as a crack was not chosen for it")
    if benched is not None:
        files = files.with_geometry(**benched.cracks)
        told |= benched.told
        typer.echo(benched.summary)
    trained = trained_segmenter.load(files)
    trained.pack(folder, half=half, graph=onnx, told=told)
    typer.echo(f"wrote {folder}")


def pack_encoder(folder: FOLDER, project: PROJECT = Path(), half: HALF = False, about: ABOUT = "") -> None:
    """Write the image-text encoder of few-shot heads: `crackpipe few-shot --model FOLDER` then asks for no project."""
    from crackpipe.apply import encoder_folder, packing
    from crackpipe.params.project import Project

    opened = Project.open(project)
    source = opened.path(encoder_folder.BASE)
    packing.pack_encoder(source, folder, project=opened, half=half, told=_told(about))
    typer.echo(f"wrote {folder}")


def pack_classifier(folder: FOLDER, project: PROJECT = Path(), half: HALF = False, about: ABOUT = "") -> None:
    """Write the patch classifier: `crackpipe.load_classifier(FOLDER)` then asks for no project."""
    from crackpipe.apply import packing
    from crackpipe.params.project import Project

    opened = Project.open(project)
    packing.pack_classifier(opened.path("models/classifier"), folder, half=half, told=_told(about))
    typer.echo(f"wrote {folder}")


def _told(about: str) -> dict[str, Any]:
    return {"about": about} if about else {}
