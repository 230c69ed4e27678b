"""Commands on a user's own photographs that need an encoder: classify, few-shot, search, prompts.

Each looks for its encoder before it imports torch, so that a wrong folder or parameter is told at once.
"""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crackpipe.errors import CrackpipeError

if TYPE_CHECKING:
    from crackpipe.apply.encoder_folder import EncoderFolder

HEAD = Path("head")
MODEL = Annotated[
    str | None,
    typer.Option(
        help="an encoder: a name that `crackpipe models` lists, or a folder; default: the project's, or the package's"
    ),
]
PROJECT = Annotated[
    Path | None,
    typer.Option(help="where the pipeline has run, e.g. .runs/captioned; default: this folder, if it is a project"),
]


def classify(
    photos: Annotated[list[Path], typer.Argument(help="photographs, and folders that hold some")],
    head: Annotated[Path, typer.Option(help="a head that `crackpipe few-shot` has written")] = HEAD,
    risk: Annotated[
        float, typer.Option(help="accepted upper 95 % bound on the share of errors; decisions treated as independent")
    ] = 0.05,
    out: Annotated[Path, typer.Option(help="table of the decisions, CSV")] = Path("decisions.csv"),
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """Crack or none for each photograph, how sure, and whether a person should look; exit status 1 where none is read.

    Each photograph is squeezed to one square: photographs are of about the size of those that the head learned from.
    """
    encoder = _encoder(model, project)
    from crackpipe.apply import classify as decisions

    table = decisions.classify(photos, model=encoder, head=head, risk=risk, out=out)
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
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """Train a head on your own few labelled photographs, and tell by cross-validation how good and how sure it is."""
    encoder = _encoder(model, project)
    from crackpipe.apply import few_shot as heads

    figures = heads.fit(folder, model=encoder, out=out, head=head, folds=folds, seed=seed)
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
    photos: Annotated[
        list[Path] | None, typer.Argument(help="photographs, and folders that hold some; default: all of the project")
    ] = None,
    top: Annotated[int, typer.Option(help="so many photographs, the most alike first")] = 12,
    out: Annotated[Path, typer.Option(help="contact sheet, .png or .jpg; a table of the same name beside it")] = Path(
        "search.png"
    ),
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """Search photographs by words: a contact sheet and a table; exit status 3 where some cannot be read.

    The package's own encoder knows the words of its prompts alone, and of these above all whether there is a crack. A
    project's knows those of its captions.
    """
    encoder = _encoder(model, project, tuned=True)
    if not photos and not (encoder.project.root / "data/photos").is_dir():
        raise CrackpipeError("nothing to search in: name photographs or folders, or with --project one that has run")
    from crackpipe.apply import search as by_words

    refused: dict[str, str] = {}
    if photos:
        table, refused = by_words.find_among(photos, text, model=encoder, top=top, out=out)
    else:
        table = by_words.find(text, model=encoder, top=top, out=out)
    typer.echo(table.to_string(index=False, max_colwidth=80))
    for path, reason in refused.items():
        typer.echo(f"{path}: {reason}", err=True)
    typer.echo(f"wrote {out} and {out.with_suffix('.csv').name}")
    if refused:
        raise typer.Exit(3)


def prompts(
    photo: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="also show its similarities")
    ] = None,
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """List all prompts of params.yaml; with a photograph how like it is to each, and to the classes that they make."""
    from crackpipe import params
    from crackpipe.clip import prompts as sentences
    from crackpipe.params.project import Project

    encoder = None if photo is None else _encoder(model, project, tuned=True)
    opened = Project.at(Path()) if project is None else Project.open(project)
    settings = (opened.params if opened else params.defaults()).prompts
    groups = sentences.groups(**settings.model_dump(exclude={"wording"}))
    if photo is None or encoder is None:
        for name, texts in groups.items():
            typer.echo(f"{name}: {len(texts)} prompts\n{textwrap.indent(chr(10).join(texts), '  ')}")
        return
    from crackpipe.apply import prompts as similarity

    table, classes = similarity.of_photo(photo, groups, model=encoder)
    for row in table.sort_values("similarity", ascending=False, kind="stable").itertuples():
        typer.echo(f"{row.group:8}  {row.similarity:+.4f}  {row.prompt}")
    typer.echo(f"\n{classes.to_string(index=False, float_format='{:.4f}'.format)}")
    typer.echo(f"wording of params.yaml: {settings.wording}")


def _encoder(model: str | None, project: Path | None, *, tuned: bool = False) -> "EncoderFolder":
    from crackpipe.apply import encoder_folder
    from crackpipe.params.project import Project

    opened = None if project is None else Project.open(project)
    return encoder_folder.find(model, project=opened, usual=encoder_folder.TUNED if tuned else encoder_folder.BASE)
