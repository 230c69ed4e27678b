"""The ``crackpipe`` command: the list of its commands, and how each ends.

Commands import what they need when they run, so that help, and a check before a run, start at once.
"""

from collections.abc import Callable
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
COMMANDS: dict[Callable[..., None], str] = {
    # photographs of one's own
    survey.inspect: "find and measure cracks on photographs",
    survey.report: "write an inspection's page again, or a run's",
    photographs.few_shot: "train a head on a few labelled patches",
    photographs.classify: "crack or none, by such a head",
    photographs.search: "search photographs by words",
    photographs.prompts: "list prompts, and how like a photograph is",
    survey.models: "list trained models",
    # the pipeline
    project.configure: "change params.yaml",
    project.datasets: "list datasets and their layouts",
    project.repro: "as `dvc repro`, stages side by side",
    project.run: "run the pipeline on real data, in a clone",
    project.show: "print the tables of metrics/",
    project.compare: "print the papers' tables with our rows",
    tuning.tune_crf: "search the CRF's parameters",
    tuning.tune_head: "compare settings of a few-shot head",
    # its models, for use elsewhere
    packing.pack: "write a segmenter with all that it needs",
    packing.pack_encoder: "write the encoder of few-shot heads",
    packing.pack_classifier: "write the patch classifier",
}
for command, does in COMMANDS.items():
    commands.command(short_help=does)(command)
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
