"""Commands on a user's own photographs: pack, classify, few-shot, search, prompts.

Each opens its project before it imports torch, so that a wrong folder or parameter is told at once.
"""

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

HEAD = Path("head")
TILE_PX = 768  # of large photographs: half the memory of 1024, a tenth more work
MODEL = Annotated[
    str | None,
    typer.Option(help="a segmenter: a name that `crackpipe models` lists, or a folder; default: the package's own"),
]
PROJECT = Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/crack500")]


def pack(
    folder: Annotated[Path, typer.Argument(help="a folder that is new or empty")],
    model: MODEL = None,
    project: PROJECT = Path(),
    half: Annotated[bool, typer.Option(help="weights in half precision, in half the room")] = False,
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
    about: Annotated[str, typer.Option(help="what it was trained on, for the card")] = "",
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
    told: dict[str, Any] = {"about": about} if about else {}
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


def classify(
    photos: Annotated[list[Path], typer.Argument(help="photographs, and folders that hold some")],
    head: Annotated[Path, typer.Option(help="a head that `crackpipe few-shot` has written")] = HEAD,
    risk: Annotated[
        float, typer.Option(help="accepted upper 95 % bound on the share of errors; decisions treated as independent")
    ] = 0.05,
    out: Annotated[Path, typer.Option(help="table of the decisions, CSV")] = Path("decisions.csv"),
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/few_shot")] = Path(),
) -> None:
    """Crack or none for each photograph, how sure, and whether a person should look; exit status 1 where none is read.

    Each photograph is squeezed to one square: photographs are of about the size of those that the head learned from.
    """
    from crackpipe.params.project import Project

    opened = Project.open(project)
    from crackpipe.apply import classify as decisions

    table = decisions.classify(photos, project=opened, head=head, risk=risk, out=out)
    typer.echo(table.to_string(index=False, max_colwidth=60))
    typer.echo(f"{(table['refer'] == 'yes').sum()} of {len(table)} to a person; {decisions.summary(head, risk=risk)}")
    typer.echo(f"wrote {out}")
    if (table["decision"] == "").all():
        raise typer.Exit(1)


def few_shot(
    folder: Annotated[Path, typer.Argument(help="holds crack/ and no_crack/; subfolders of these are structures")],
    out: Annotated[Path, typer.Option(help="folder for the head and its report.json")] = HEAD,
    head: Annotated[str, typer.Option(help="bayesian, bayesian_image, linear or linear_image")] = "bayesian",
    folds: Annotated[int, typer.Option(help="of the cross-validation")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="of folds and training")] = 0,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/few_shot")] = Path(),
) -> None:
    """Train a head on your own few labelled photographs, and tell by cross-validation how good and how sure it is."""
    from crackpipe.params.project import Project

    opened = Project.open(project)
    from crackpipe.apply import few_shot as heads

    figures = heads.fit(folder, project=opened, out=out, head=head, folds=folds, seed=seed)
    names = ("precision", "recall", "f1", "pr_auc", "ece", "error", "error_refer_5", "error_refer_10", "error_refer_20")
    for name in names:
        low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
        typer.echo(f"{name:15} {figures[name]:.4f}{'' if low is None else f'  ({low:.2f} to {high:.2f})'}")
    typer.echo(
        f"by {figures['folds']} folds; in brackets the 95 % interval over structures; error_refer_10: the share of "
        "errors when the least sure 10 % go to a person"
    )
    if figures["structures"] < heads.FEW:
        typer.echo(
            f"a class has {figures['structures']} different photographs or subfolders: with fewer than {heads.FEW} "
            "these figures are mostly luck, whatever the interval says; label more"
        )
    for row in figures["rejected"]:
        typer.echo(f"{row['path']}: {row['reason']}")
    typer.echo(f"wrote {out}: a head from {figures['n']} photographs, and {heads.REPORT}")


def search(
    text: Annotated[str, typer.Argument(help='what to look for, e.g. "wide crack in a beam"')],
    top: Annotated[int, typer.Option(help="so many photographs, the most alike first")] = 12,
    out: Annotated[Path, typer.Option(help="contact sheet, .png or .jpg; a table of the same name beside it")] = Path(
        "search.png"
    ),
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/captioned")] = Path(),
) -> None:
    """Search all photographs by words: a contact sheet and a table."""
    from crackpipe.params.project import Project

    opened = Project.open(project)
    from crackpipe.apply import search as by_words

    table = by_words.find(text, project=opened, top=top, out=out)
    typer.echo(table.to_string(index=False, max_colwidth=80))
    typer.echo(f"wrote {out} and {out.with_suffix('.csv').name}")


def prompts(
    photo: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="also show its similarities")
    ] = None,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/captioned")] = Path(),
) -> None:
    """List all prompts of params.yaml; with a photograph how like it is to each, and to the classes that they make."""
    from crackpipe.params.project import Project

    opened = Project.open(project)
    from crackpipe.clip import prompts as sentences

    groups = sentences.groups(**opened.params.prompts.model_dump(exclude={"wording"}))
    if photo is None:
        for name, texts in groups.items():
            typer.echo(f"{name}: {len(texts)} prompts\n{textwrap.indent(chr(10).join(texts), '  ')}")
        return
    from crackpipe.apply import prompts as similarity

    table, classes = similarity.of_photo(photo, groups, project=opened)
    for row in table.sort_values("similarity", ascending=False, kind="stable").itertuples():
        typer.echo(f"{row.group:8}  {row.similarity:+.4f}  {row.prompt}")
    typer.echo(f"\n{classes.to_string(index=False, float_format='{:.4f}'.format)}")
    typer.echo(f"wording of params.yaml: {opened.params.prompts.wording}")
