"""The command export: trained models for programs that have no PyTorch."""

from pathlib import Path
from typing import Annotated

import typer

export = typer.Typer(no_args_is_help=True, help="Write trained models for other programs.")


@export.callback(short_help="write models for other programs")
def _forms() -> None:
    """Write trained models for other programs."""  # with a callback typer keeps the form's name, though there is one


@export.command()
def onnx(
    model: Annotated[Path, typer.Argument(help="folder of a segmenter or classifier, or a segmenter's name")],
    out: Annotated[Path, typer.Option(help="file to write, .onnx")] = Path("model.onnx"),
) -> None:
    """Write a segmenter or patch classifier as ONNX: RGB levels 0–255 in, confidences or probabilities out."""
    from crackpipe.apply import export as models

    kind = models.export(model, out=out)
    typer.echo(f"wrote {out}: a {kind}")
