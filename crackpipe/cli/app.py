"""The ``crackpipe`` command: the list of its commands, and how each ends.

Commands import what they need when they run, so that help, and a check before a run, start at once.
"""

from typing import Annotated

import typer

from crackpipe import console
from crackpipe.cli import packing, photographs, project, survey, tuning
from crackpipe.cli.export import export

commands = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    project.configure,
    project.datasets,
    project.repro,
    project.run,
    project.show,
    project.compare,
    survey.inspect,
    survey.report,
    survey.models,
    packing.pack,
    packing.pack_encoder,
    packing.pack_classifier,
    photographs.classify,
    photographs.few_shot,
    photographs.search,
    photographs.prompts,
    tuning.tune_crf,
    tuning.tune_head,
):
    commands.command()(command)
commands.add_typer(export, name="export")


def _tell_version(asked: bool) -> bool:
    if asked:
        import importlib.metadata

        typer.echo(importlib.metadata.version("crackpipe"))
        raise typer.Exit
    return asked


@commands.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    """Crack masks and calibrated decisions from photographs with patch labels only."""


def app() -> None:
    """Run the command line; an error that the user can mend is printed without a traceback, exit status 1."""
    console.run(commands)


if __name__ == "__main__":
    app()
