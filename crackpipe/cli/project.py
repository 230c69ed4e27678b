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
    fresh: Annotated[bool, typer.Option(help="write it anew from conf/; edits of yours are lost")] = False,
    check: Annotated[bool, typer.Option(help="check params.yaml, write nothing")] = False,
    composed: Annotated[bool, typer.Option(help="with --check: params.yaml must equal a composition")] = False,
) -> None:
    """Change params.yaml: a dataset and a scale of conf/, single keys; what is not named stays as it is."""
    from crackpipe import params
    from crackpipe.files import atomic
    from crackpipe.params import change
    from crackpipe.params import compose as composition

    if composed and not check:
        raise ParamsError("--composed checks, and writes nothing: pass --check with it")
    if check:
        params.load(PARAMS)
        name = f" and equals {composition.check_composed(PARAMS, CONF)}" if composed else ""
        typer.echo(f"{PARAMS} is valid{name}")
        return
    pairs = {key: value for key, _, value in (setting.partition("=") for setting in settings or [])}
    groups = {key: pairs[key] for key in composition.GROUPS if key in pairs}
    overrides = [setting for setting in settings or [] if setting.partition("=")[0] not in groups]
    if fresh or not PARAMS.is_file():
        chosen = {**change.DEFAULTS, **groups}
        atomic.write_text(PARAMS, composition.compose(CONF, **chosen, overrides=overrides))
        named = [f"{key}={value}" for key, value in chosen.items()]
        typer.echo(f"wrote {PARAMS}: {' '.join([*named, *overrides])}")
        return
    changed = change.change(PARAMS.read_text(encoding="utf-8"), CONF, groups=groups, overrides=overrides)
    atomic.write_text(PARAMS, changed.text)
    for key, (before, after) in changed.values.items():
        typer.echo(f"  {key}: {before} → {after}")
    typer.echo(f"wrote {PARAMS}: {len(changed.values)} value(s) changed")


def datasets(raw: Annotated[Path, typer.Option(help="the folder that holds one folder per dataset")] = RAW) -> None:
    """List the datasets: what each holds, how its folder must be laid out, and where its authors offer it."""
    from crackpipe.data.datasets import catalogue
    from crackpipe.params import extensions

    extensions.load(Path(extensions.FOLDER))
    known = catalogue.every()
    for dataset in catalogue.listing(raw):
        for field in dataclasses.fields(dataset):
            value = str(getattr(dataset, field.name))
            if field.name == "name":
                typer.echo(value)
            else:
                typer.echo(textwrap.indent(f"{field.name}: {value}", "  "))
        if dataset.name in known:
            layout = known[dataset.name].layout.strip("\n")
            typer.echo(f"  layout:\n{textwrap.indent(layout, '    ')}")


def repro(
    targets: Annotated[
        list[str] | None, typer.Argument(help="stages or cells, with all they need; default: all")
    ] = None,
    jobs: Annotated[int, typer.Option(help="stages at a time; on a GPU one is often best")] = 2,
) -> None:
    """Do what `dvc repro` does, with stages that do not need one another side by side."""
    from crackpipe.results import side_by_side

    side_by_side.repro(targets or [], jobs=jobs)


def run(
    name: Annotated[str, typer.Argument(help="a dataset of conf/dataset, e.g. crack500")],
    data: Annotated[Path, typer.Option(help="the folder that holds one folder per source")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key.of.params=value …")] = None,
    scale: Annotated[str, typer.Option(help="a name of conf/scale")] = "cpu",
    results: Annotated[str | None, typer.Option(help="folder below results/; default: the dataset's name")] = None,
    until: Annotated[
        list[str] | None, typer.Option(help="run this stage and what it needs; may be repeated; default: all stages")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="stages at a time; those side by side take longer each")] = 1,
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
        jobs=jobs,
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


def show(
    tables: Annotated[list[str] | None, typer.Argument(help="names of tables, e.g. segmentation; default: all")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="rows with this key, e.g. test or 'cam_*'; may be repeated")
    ] = None,
    against: Annotated[str | None, typer.Option(metavar="REV", help="what has changed since this git revision")] = None,
) -> None:
    """Print the tables of metrics/, or what has changed in them since another revision."""
    import shutil

    from crackpipe.report import show as tables_shown

    width = shutil.get_terminal_size((120, 24)).columns
    here = Path.cwd()
    found = tables_shown.chosen(tables_shown.read(here), names=tables or [], filters=only or [])
    if against is None:
        typer.echo("\n\n".join(tables_shown.text(table, width=width) for table in found))
        return
    then = tables_shown.read(here, revision=against)
    old = {table.name: tables_shown.filtered(table, only or []) for table in then}
    empty = tables_shown.Table("", {})
    differing = [tables_shown.changes(table, old.get(table.name, empty), width=width) for table in found]
    typer.echo("\n\n".join(text for text in differing if text) or f"nothing has changed since {against}")
