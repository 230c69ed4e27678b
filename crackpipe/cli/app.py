"""The ``crackpipe`` command. Each command imports what it needs, so that the check before a run starts at once."""

import dataclasses
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from crackpipe import console
from crackpipe.errors import ParamsError

PARAMS = Path("params.yaml")
CONF = Path("conf")
RAW = Path("data/raw")
CLIP, HEAD = Path("models/clip_base"), Path("head")
GRID, CRF = Path("conf/crf_grid.yaml"), Path("crf.yaml")

commands = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Crack masks, calibrated decisions and measurements from photographs with patch labels only.",
)


def app() -> None:
    """Run the command line; an error that the user can mend is printed without a traceback, exit status 1."""
    console.run(commands)


@commands.command()
def configure(
    settings: Annotated[list[str] | None, typer.Argument(help="dataset=NAME scale=NAME key.of.params=value …")] = None,
    check: Annotated[bool, typer.Option(help="check params.yaml, write nothing")] = False,
    composed: Annotated[bool, typer.Option(help="with --check: params.yaml must equal a composition")] = False,
) -> None:
    """Write params.yaml from conf/: the defaults, a dataset, a scale, single keys."""
    from crackpipe import params
    from crackpipe.files import atomic
    from crackpipe.params import compose as composition

    if composed and not check:
        raise ParamsError("--composed checks, and writes nothing: pass --check with it")
    if check:
        params.load(PARAMS)
        name = f" and equals {composition.check_composed(PARAMS, CONF)}" if composed else ""
        typer.echo(f"{PARAMS} is valid{name}")
        return
    chosen = {"dataset": "demo", "scale": "cpu"}
    overrides = []
    for setting in settings or []:
        key, _, value = setting.partition("=")
        if key in chosen:
            chosen[key] = value
        else:
            overrides.append(setting)
    atomic.write_text(PARAMS, composition.compose(CONF, **chosen, overrides=overrides))
    typer.echo(f"wrote {PARAMS}: dataset={chosen['dataset']} scale={chosen['scale']} {' '.join(overrides)}".rstrip())


@commands.command()
def datasets(raw: Annotated[Path, typer.Option(help="the folder that holds one folder per dataset")] = RAW) -> None:
    """List the datasets: what each holds, how its folder must be laid out, and where its authors offer it."""
    from crackpipe.data.datasets import catalogue

    for listed in catalogue.listing(raw):
        for field in dataclasses.fields(listed):
            value = str(getattr(listed, field.name))
            if field.name == "name":
                typer.echo(value)
            else:
                typer.echo(textwrap.indent(f"{field.name}: {value}", "  "))
        if listed.name in catalogue.CATALOGUE:
            layout = catalogue.CATALOGUE[listed.name].layout.strip("\n")
            typer.echo(f"  layout:\n{textwrap.indent(layout, '    ')}")


@commands.command()
def run(
    name: Annotated[str, typer.Argument(help="a dataset of conf/dataset, e.g. crack500")],
    data: Annotated[Path, typer.Option(help="the folder that holds one folder per source")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key.of.params=value …")] = None,
    scale: Annotated[str, typer.Option(help="a name of conf/scale")] = "cpu",
    results: Annotated[str | None, typer.Option(help="folder below results/; default: the dataset's name")] = None,
    until: Annotated[
        list[str] | None, typer.Option(help="run this stage and what it needs; may be repeated; default: all stages")
    ] = None,
) -> None:
    """Run the whole pipeline on real data in a clone of HEAD under .runs/, and write a folder below results/."""
    from crackpipe.results import run as runs

    folder = runs.run(
        Path.cwd(),
        name=name,
        results=results or name,
        data=data,
        scale=scale,
        overrides=overrides or [],
        until=until or [],
    )
    typer.echo(f"wrote {folder.relative_to(Path.cwd())}")


@commands.command()
def segment(
    photos: Annotated[list[Path], typer.Argument(help="photographs, and folders that hold some")],
    out: Annotated[Path, typer.Option(help="folder for masks, pictures and masks.csv")] = Path("masks"),
    model: Annotated[
        str | None,
        typer.Option(help="a trained segmenter, by its folder or its name; default: the first of params.yaml"),
    ] = None,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/crack500")] = Path(),
    threshold: Annotated[float, typer.Option(min=0.01, max=0.99, help="confidence from which a pixel is crack")] = 0.5,
    again: Annotated[bool, typer.Option(help="segment those too whose masks would be kept")] = False,
) -> None:
    """Masks of your own photographs, of any size, by a segmenter that the pipeline has trained.

    A mask is kept while photograph, segmenter and the settings in params.yaml are those that it was made from. The
    exit status is 1 where no photograph could be segmented.
    """
    from crackpipe import params
    from crackpipe.apply import segment as masks

    q = params.load(project / PARAMS).train_segmenter
    name = model or f"{q.segmenters[0]}-{q.labels[0]}"
    table = masks.write(
        photos,
        parameters=project / PARAMS,
        out=out,
        model=Path(name) if "/" in name or Path(name).is_dir() else project / "models/segmenter" / name,
        clip=project / "models/clip",
        threshold=threshold,
        again=again,
    )
    rejected = table[table["reason"] != ""]
    for row in rejected.itertuples():
        typer.echo(f"{row.photo}: {row.reason}")
    typer.echo(
        f"{len(table) - len(rejected)} masks in {out}, {len(rejected)} photographs rejected; see {out}/masks.csv"
    )
    if len(rejected) == len(table):
        raise typer.Exit(1)


@commands.command()
def prompts(
    photo: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="also show its similarities")
    ] = None,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/captioned")] = Path(),
) -> None:
    """List all prompts of params.yaml; with a photograph how like it is to each, and to the classes that they make."""
    from crackpipe import params
    from crackpipe.clip import prompts as sentences

    p = params.load(project / PARAMS)
    groups = sentences.groups(**p.prompts.model_dump(exclude={"wording"}))
    if photo is None:
        for name, texts in groups.items():
            typer.echo(f"{name}: {len(texts)} prompts\n{textwrap.indent(chr(10).join(texts), '  ')}")
        return
    from crackpipe.apply import prompts as likeness
    from crackpipe.clip import embedding
    from crackpipe.clip.encoders import encoder_files
    from crackpipe.compute.runtime import start_runtime
    from crackpipe.data import inspection

    runtime = start_runtime(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    image = inspection.decode(photo.read_bytes, max_megapixels=p.ingest.max_megapixels)
    encoder = encoder_files.load(project / "models/clip", runtime)
    side_px = embedding.square_px(encoder, side_px=p.embed.side_px, key="embed.side_px")
    found, classes = likeness.to_prompts(encoder, image, groups, side_px=side_px, runtime=runtime)
    for row in found.sort_values("similarity", ascending=False, kind="stable").itertuples():
        typer.echo(f"{row.group:8}  {row.similarity:+.4f}  {row.prompt}")
    typer.echo(f"\n{classes.to_string(index=False, float_format='{:.4f}'.format)}")
    typer.echo(f"wording of params.yaml: {p.prompts.wording}")


@commands.command()
def search(
    text: Annotated[str, typer.Argument(help='what to look for, e.g. "wide crack in a beam"')],
    top: Annotated[int, typer.Option(help="so many photographs, the most alike first")] = 12,
    out: Annotated[Path, typer.Option(help="contact sheet, .png or .jpg; a table of the same name beside it")] = Path(
        "search.png"
    ),
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/captioned")] = Path(),
) -> None:
    """Search all photographs by words: a contact sheet and a table."""
    from crackpipe.apply import search as by_words

    found = by_words.find(
        text,
        top=top,
        parameters=project / PARAMS,
        photos=project / "data/photos",
        embeddings=project / "data/embeddings/tuned",
        clip=project / "models/clip",
        out=out,
    )
    typer.echo(found.to_string(index=False, max_colwidth=80))
    typer.echo(f"wrote {out} and {out.with_suffix('.csv').name}")


@commands.command("few-shot")
def few_shot(
    folder: Annotated[Path, typer.Argument(help="holds crack/ and no_crack/; subfolders of these are structures")],
    out: Annotated[Path, typer.Option(help="folder for the head and its report.json")] = HEAD,
    head: Annotated[str, typer.Option(help="bayesian, bayesian_image, linear or linear_image")] = "bayesian",
    folds: Annotated[int, typer.Option(help="of the cross-validation")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="of folds and training")] = 0,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/few_shot")] = Path(),
) -> None:
    """Train a head on your own few labelled photographs, and tell by cross-validation how good and how sure it is."""
    from crackpipe.apply import few_shot as own_head

    found = own_head.fit(
        folder, out=out, clip=project / CLIP, settings=project / PARAMS, head=head, folds=folds, seed=seed
    )
    names = ("precision", "recall", "f1", "pr_auc", "ece", "error", "error_refer_5", "error_refer_10", "error_refer_20")
    for name in names:
        sure = f"  ({found[f'{name}_low']:.2f} to {found[f'{name}_high']:.2f})" if f"{name}_low" in found else ""
        typer.echo(f"{name:15} {found[name]:.4f}{sure}")
    typer.echo(
        f"by {found['folds']} folds; in brackets the 95 % interval over structures; error_refer_10: the share of "
        "errors when the least sure 10 % go to a person"
    )
    if found["structures"] < own_head.FEW:
        typer.echo(
            f"a class has {found['structures']} different photographs or subfolders: with fewer than {own_head.FEW} "
            "these figures are mostly luck, whatever the interval says; label more"
        )
    for row in found["rejected"]:
        typer.echo(f"{row['path']}: {row['reason']}")
    typer.echo(f"wrote {out}: a head from {found['n']} photographs, and {own_head.REPORT}")


@commands.command()
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
    from crackpipe.apply import classify as decisions

    found = decisions.classify(photos, head=head, clip=project / CLIP, settings=project / PARAMS, risk=risk, out=out)
    typer.echo(found.to_string(index=False, max_colwidth=60))
    typer.echo(f"{(found['refer'] == 'yes').sum()} of {len(found)} to a person; {decisions.told(head, risk=risk)}")
    typer.echo(f"wrote {out}")
    if (found["decision"] == "").all():
        raise typer.Exit(1)


@commands.command()
def compare(
    results: Annotated[list[Path] | None, typer.Argument(help="folders such as results/crack500")] = None,
    markdown: Annotated[bool, typer.Option(help="print Markdown")] = False,
) -> None:
    """Print the papers' tables with our rows under them."""
    from crackpipe.results import report as comparison

    folders = results or comparison.folders(Path("results"))
    if not folders:
        typer.echo("results/ holds no run, so these are the papers' rows alone", err=True)
    typer.echo(comparison.report(folders, markdown=markdown))


@commands.command("tune-crf")
def tune_crf(
    photos: Annotated[int, typer.Option(min=1, help="at most so many photographs with masks")] = 100,
    split: Annotated[str, typer.Option(help="val or train; nothing may be chosen on test")] = "val",
    grid: Annotated[Path, typer.Option(help="YAML: a value or a list of values for each parameter")] = GRID,
    out: Annotated[Path, typer.Option(help="YAML to write; a CSV of all combinations is put beside it")] = CRF,
    seed: Annotated[int, typer.Option(min=0, help="of the draw of photographs")] = 0,
) -> None:
    """Search the CRF's parameters (pseudo_label.cam_crf) for the highest mean IoU of its labels."""
    from crackpipe.tune import crf

    found = crf.crf(photos=photos, split=split, grid=grid, out=out, seed=seed)
    typer.echo(found.head(10).to_string(index=False, formatters={"mean_iou": "{:.4f}".format}))
    typer.echo(f"wrote {out} and {out.with_suffix('.csv')}")


@commands.command("tune-head")
def tune_head(
    head: Annotated[str, typer.Argument(help="linear, bayesian, logistic …: one of few_shot.heads")],
    grid: Annotated[list[str], typer.Argument(help="name=value,value …, e.g. lr=0.005,0.01 hidden=4,16")],
    held_out: Annotated[float, typer.Option(min=0.01, max=0.9, help="share of the pool's structures")] = 0.25,
    seed: Annotated[int, typer.Option(min=0, help="of their draw")] = 0,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/few_shot")] = Path(),
) -> None:
    """Compare settings of a few-shot head on held-out structures of its pool, never on test patches."""
    from ruamel.yaml import YAML

    from crackpipe.tune import head as tuning

    named = [one.partition("=")[::2] for one in grid]
    values = {name: YAML(typ="safe").load(f"[{text}]") for name, text in named}
    found = tuning.settings(head, values, project=project, held_out=held_out, seed=seed)
    typer.echo(found.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    app()
