"""Commands that search settings: tune-crf, tune-head.

Each opens its project before it imports torch, so that a wrong folder or parameter is told at once.
"""

from pathlib import Path
from typing import Annotated

import typer

GRID, CRF = Path("conf/crf_grid.yaml"), Path("crf.yaml")


def tune_crf(
    photos: Annotated[int, typer.Option(min=1, help="at most so many photographs with masks")] = 100,
    split: Annotated[str, typer.Option(help="val or train; nothing may be chosen on test")] = "val",
    grid: Annotated[Path, typer.Option(help="YAML: a value or a list of values for each parameter")] = GRID,
    out: Annotated[Path, typer.Option(help="YAML to write; a CSV of all combinations is put beside it")] = CRF,
    seed: Annotated[int, typer.Option(min=0, help="of the draw of photographs")] = 0,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/crack500")] = Path(),
) -> None:
    """Search the CRF's parameters (pseudo_label.cam_crf) for the highest mean IoU of its labels."""
    from crackpipe.params.project import Project

    opened = Project.open(project)
    from crackpipe.tune import crf

    table = crf.tune_crf(project=opened, photos=photos, split=split, grid=grid, out=out, seed=seed)
    typer.echo(table.head(10).to_string(index=False, formatters={"mean_iou": "{:.4f}".format}))
    typer.echo(f"wrote {out} and {out.with_suffix('.csv')}")


def tune_head(
    head: Annotated[str, typer.Argument(help="linear, bayesian, logistic …: one of few_shot.heads")],
    grid: Annotated[list[str], typer.Argument(help="name=value,value …, e.g. lr=0.005,0.01 hidden=4,16")],
    held_out: Annotated[float, typer.Option(min=0.01, max=0.9, help="share of the pool's structures")] = 0.25,
    seed: Annotated[int, typer.Option(min=0, help="of their draw")] = 0,
    project: Annotated[Path, typer.Option(help="where the pipeline has run, e.g. .runs/few_shot")] = Path(),
) -> None:
    """Compare settings of a few-shot head on held-out structures of its pool, never on test patches."""
    from ruamel.yaml import YAML

    from crackpipe.params.project import Project

    opened = Project.open(project)
    from crackpipe.tune import head as heads

    settings = [setting.partition("=")[::2] for setting in grid]
    values = {name: YAML(typ="safe").load(f"[{text}]") for name, text in settings}
    table = heads.tune_head(head, values, project=opened, held_out=held_out, seed=seed)
    typer.echo(table.to_string(index=False, float_format="{:.4f}".format))
