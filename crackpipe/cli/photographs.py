"""Commands on a user's own photographs that need an encoder: classify, few-shot, search, prompts.

Each looks for its encoder before it imports torch, so that a wrong folder or parameter is told at once.
"""

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
        float, typer.Option(help="accepted upper 95 % bound on the share of errors, on structures like those labelled")
    ] = 0.05,
    out: Annotated[Path, typer.Option(help="table of the decisions, CSV")] = Path("decisions.csv"),
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """Crack or none for each photograph, how sure, and whether a person should look.

    The exit status is 0 where all were decided, 3 where some cannot be read, 1 where none can.
    Each photograph is squeezed to one square: photographs are of about the size of those that the head learned from.
    """
    encoder = _encoder(model, project)
    from crackpipe.apply import classify as decisions

    table = decisions.classify(photos, model=encoder, head=head, risk=risk, out=out)
    to_person = table[table["refer"] == "yes"]
    if len(to_person):
        typer.echo(to_person.head(decisions.SHOWN).to_string(index=False, max_colwidth=80))
    more = f", of which {decisions.SHOWN} are shown" if len(to_person) > decisions.SHOWN else ""
    typer.echo(f"{len(to_person)} of {len(table)} to a person{more}; {decisions.summary(head, risk=risk)}")
    typer.echo(f"wrote {out}")
    undecided = table["decision"] == ""
    if undecided.any():
        raise typer.Exit(1 if undecided.all() else 3)


def few_shot(
    folder: Annotated[Path, typer.Argument(help="holds crack/ and no_crack/; subfolders of these are structures")],
    out: Annotated[Path, typer.Option(help="folder for the head and its report.json")] = HEAD,
    head: Annotated[str, typer.Option(help="bayesian, bayesian_image, linear or linear_image")] = "bayesian",
    folds: Annotated[int, typer.Option(help="of the cross-validation")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="of folds and training")] = 0,
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """Train a head on your own few labelled photographs, and tell by cross-validation how good and how sure it is.

    The exit status is 3 where some cannot be read.
    """
    encoder = _encoder(model, project)
    from crackpipe.apply import few_shot as heads

    figures = heads.fit(folder, model=encoder, out=out, head=head, folds=folds, seed=seed)
    for row in figures["rejected"]:
        typer.echo(f"{row['path']}: {row['reason']}", err=True)
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
    if not figures["in_folders"]:
        typer.echo(
            "no subfolders: each photograph counts as a structure of its own; patches of one photograph in several "
            "folds make these figures too good"
        )
    typer.echo(f"wrote {out}: a head from {figures['n']} photographs, and {heads.REPORT}")
    if figures["rejected"]:
        raise typer.Exit(3)


def search(
    text: Annotated[str, typer.Argument(help='what to look for, e.g. "cracked wall"')],
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

    The package's own encoder tells cracked surfaces from others, and little else: it takes a text for those of its
    prompts (`crackpipe prompts`) that share most words with it. A project's encoder reads the text itself.
    """
    encoder = _encoder(model, project, tuned=True)
    own = encoder.project.path("models/clip")
    if not photos and encoder.path.resolve() != own.resolve():
        raise CrackpipeError(
            f"nothing to search in: name photographs or folders, or a project that has run with --project; its own "
            f"photographs are searched by its own encoder, {own}, alone"
        )
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
    if len(table) > by_words.MOST_PICTURES:
        typer.echo(f"the sheet shows the first {by_words.MOST_PICTURES}")
    if refused:
        raise typer.Exit(3)


def prompts(
    photo: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="also show its similarities")
    ] = None,
    model: MODEL = None,
    project: PROJECT = None,
) -> None:
    """List the prompts; with a photograph how like it is to the classes that they make, and to each."""
    import textwrap

    from crackpipe.params.project import Project

    opened = Project.at(Path()) if project is None else Project.open(project)
    if photo is None and opened and model is None:
        from crackpipe.clip import prompts as sentences

        groups = sentences.groups(**opened.params.prompts.model_dump(exclude={"wording"}))
    else:
        encoder = _encoder(model, project, tuned=True)
        groups = encoder.prompts()
    if photo is None:
        for name, texts in groups.items():
            typer.echo(f"{name}: {len(texts)} prompts\n{textwrap.indent(chr(10).join(texts), '  ')}")
        return
    from crackpipe.apply import prompts as similarity

    table, classes = similarity.of_photo(photo, groups, model=encoder)
    typer.echo(classes.to_string(index=False, float_format="{:.4f}".format))
    typer.echo("softmax of 100 times the similarities, as CLIP has it; it is no calibrated probability of a crack\n")
    for row in table.sort_values("similarity", ascending=False, kind="stable").itertuples():
        typer.echo(f"{row.group:8}  {row.similarity:+.4f}  {row.prompt}")


def _encoder(model: str | None, project: Path | None, *, tuned: bool = False) -> "EncoderFolder":
    from crackpipe.apply import encoder_folder
    from crackpipe.params.project import Project

    opened = None if project is None else Project.open(project)
    return encoder_folder.find(model, project=opened, usual=encoder_folder.TUNED if tuned else encoder_folder.BASE)
