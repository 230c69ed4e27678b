"""Commands that write a project's trained models, each with all that it needs, to be used where there is no project."""

from pathlib import Path
from typing import Annotated, Any

import typer

TILE_PX = 768  # of large photographs: half the memory of 1024, a tenth more work
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
    tuned: Annotated[
        bool, typer.Option(help="choose what counts as a crack on the project's validation photographs first")
    ] = False,
    octaves_px: Annotated[
        int | None, typer.Option(min=1, help="each photograph in its own size and halves of it, not at segment.scales")
    ] = None,
    gap_px: Annotated[float, typer.Option(min=0, help="pieces with no more between them are one crack")] = 12,
    elongation: Annotated[
        float, typer.Option(min=0, help="what is not so many times longer than wide is no crack; 0: all may be")
    ] = 3,
    scored: Annotated[bool, typer.Option(help="write figures on the project's test photographs into the card")] = False,
    onnx: Annotated[bool, typer.Option(help="also model.onnx, by which it runs where there is no PyTorch")] = False,
    about: ABOUT = "",
    seed: Annotated[int, typer.Option(min=0, help="of the crack-free surfaces that are drawn for --tuned")] = 0,
) -> None:
    """Write a trained segmenter with all that it needs: `crackpipe inspect --model FOLDER` then asks for no project."""
    from crackpipe.apply import segmenter_files
    from crackpipe.params.project import Project

    files = segmenter_files.find(model, project=Project.open(project))
    from crackpipe.apply import packing, trained_segmenter
    from crackpipe.tune import figures, tune_level

    packing.check(files, folder, graph=onnx)

    if octaves_px is not None:
        files = files.with_inference(octaves_px=octaves_px, scales=[1.0], tile_px=TILE_PX)
    trained = trained_segmenter.load(files.with_geometry(gap_px=gap_px, min_elongation=elongation))
    told = _told(about)
    if tuned:
        found = tune_level(project=files.project, network=trained.network, settings=trained.settings, seed=seed)
        trained = trained.with_geometry(level=found.level, certain=found.certain, min_length_px=found.min_length_px)
        quiet = {kind: round(share, 4) for kind, share in found.quiet.items()}
        told["tuned"] = {"f1": round(found.f1, 4), "quiet": quiet}
        typer.echo(
            f"crack from {found.level:g} on, somewhere {found.certain:g}, {found.min_length_px:g} px long: F1 "
            f"{100 * found.f1:.1f}; left alone are {100 * quiet['squares']:.0f} % of crack-free squares and "
            f"{100 * quiet['drawn']:.0f} % of drawn surfaces without a crack"
        )
    if scored:
        told["figures"] = figures.score(
            project=files.project, network=trained.network, settings=trained.settings, cracks=trained.files.geometry
        )
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
