"""Commands on a project: its parameters, its datasets, runs on real data, and the papers' tables beside ours."""

import dataclasses
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from crackpipe.errors import ParamsError

PARAMS = Path("params.yaml")
CONF = Path("conf")
RAW = Path("data/raw")


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
    groups = {"dataset": "demo", "scale": "cpu"}
    overrides = []
    for setting in settings or []:
        key, _, value = setting.partition("=")
        if key in groups:
            groups[key] = value
        else:
            overrides.append(setting)
    atomic.write_text(PARAMS, composition.compose(CONF, **groups, overrides=overrides))
    typer.echo(f"wrote {PARAMS}: dataset={groups['dataset']} scale={groups['scale']} {' '.join(overrides)}".rstrip())


def datasets(raw: Annotated[Path, typer.Option(help="the folder that holds one folder per dataset")] = RAW) -> None:
    """List the datasets: what each holds, how its folder must be laid out, and where its authors offer it."""
    from crackpipe.data.datasets import catalogue

    for dataset in catalogue.listing(raw):
        for field in dataclasses.fields(dataset):
            value = str(getattr(dataset, field.name))
            if field.name == "name":
                typer.echo(value)
            else:
                typer.echo(textwrap.indent(f"{field.name}: {value}", "  "))
        if dataset.name in catalogue.CATALOGUE:
            layout = catalogue.CATALOGUE[dataset.name].layout.strip("\n")
            typer.echo(f"  layout:\n{textwrap.indent(layout, '    ')}")


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


def compare(
    results: Annotated[list[Path] | None, typer.Argument(help="folders such as results/crack500")] = None,
    markdown: Annotated[bool, typer.Option(help="print Markdown")] = False,
) -> None:
    """Print the papers' tables with our rows under them."""
    from crackpipe.results import report

    folders = results or report.folders(Path("results"))
    if not folders:
        typer.echo("results/ holds no run, so these are the papers' rows alone", err=True)
    typer.echo(report.report(folders, markdown=markdown))
