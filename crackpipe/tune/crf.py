"""Choose parameters of the pseudo-labels on a sample of labelled photographs, and write them as a part of params.yaml.

Never on test photographs: the figures are measured on those.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crackpipe import console, params
from crackpipe.compute import seeds
from crackpipe.errors import ParamsError, TableError
from crackpipe.files import atomic, parquet, schemas
from crackpipe.imaging import images
from crackpipe.params import Params
from crackpipe.params.project import Project
from crackpipe.pseudo import localisation_maps
from crackpipe.tune import crf_search
from crackpipe.tune.crf_search import PARAMETERS, Sample

PHOTOS, LOCALISATION_MAPS = "data/photos", "data/localisation_maps"
SPLITS = ("val", "train")
Grid = dict[str, list[float]]


def tune_crf(*, project: Project, photos: int, split: str, grid: Path, out: Path, seed: int) -> pd.DataFrame:
    """Search the CRF's parameters for the highest mean IoU; write the best to ``out`` and all to a CSV beside it.

    Holds the sampled photographs in memory.

    Args:
        project: where the pipeline has run; its ``data/photos`` and ``data/localisation_maps`` are read.
        photos: at most so many photographs with masks, drawn at random.
        split: val or train.
        grid: YAML; a value or a list of values for some of the parameters, the others stay as in params.yaml.
        out: YAML to write.
        seed: of the draw, 0 or more.

    Returns:
        A row per combination, best first; see :func:`crackpipe.tune.crf_search.search`.

    Raises:
        ParamsError: the split, the grid or ``out`` cannot be used; nothing has been done then.
        TableError: a table is missing, or the split has no photograph with a mask; likewise.
    """
    _check_choice(split, out, project=project)
    values = read_grid(grid, project.params)
    maps = project.path(LOCALISATION_MAPS)
    if not maps.exists():
        raise TableError(
            f"{maps}: no activation maps here; run `dvc repro localisation_maps` to train the classifier first"
        )
    sample = draw(project.path(PHOTOS), split=split, count=photos, seed=seed)
    console.say(f"{len(sample)} photographs of {split}")
    settings = project.params.pseudo_label.cam_crf
    samples = list(read_samples(sample, project=project, upsample=settings.upsample))
    table = crf_search.search(samples, grid=values, binarise=settings.binarise, workers=project.params.runtime.workers)
    where = (
        f"{len(sample)} photographs with masks of the split {split} (seed {seed}), labels binarised at "
        f"{settings.binarise}"
    )
    atomic.write_text(out.with_suffix(".csv"), table.round(6).to_csv(index=False))
    atomic.write_text(out, snippet(table, grid=values, where=where, csv=out.with_suffix(".csv").name))
    return table


def read_grid(path: Path, current: Params) -> Grid:
    """Values of every parameter of the CRF: those of the file, and of params.yaml for the others.

    Args:
        path: YAML; a value or a list of values for some of the parameters.
        current: parameters of the project.

    Raises:
        ParamsError: the file is missing or no mapping, names an unknown parameter, or a value is not allowed.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: not found; conf/crf_grid.yaml shows how a grid is written") from None
    except YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(tree, dict):
        raise ParamsError(f"{path}: expected lines such as bilateral_sxy: [20.0, 40.0]; got {tree!r}")
    crf_search.check_names([str(name) for name in tree])
    settings = current.pseudo_label.cam_crf.model_dump()
    grid: Grid = {name: _as_list(tree.get(name, settings[name])) for name in PARAMETERS}
    crf_search.check(grid)
    for name, values in grid.items():
        for value in values:
            _check_value(name, value, current, where=str(path))
    return grid


def draw(photos: Path, *, split: str, count: int, seed: int) -> list[str]:
    """Names of at most ``count`` photographs of a split that have masks, drawn at random, in the table's order.

    Args:
        photos: table of photographs.
        split: val or train.
        count: 1 or more.
        seed: of the draw, 0 or more.

    Raises:
        TableError: the table is missing, or the split has none.
    """
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split", "mask"])
    masked = [row["photo_id"] for row in rows if row["split"] == split and row["mask"] is not None]
    if not masked:
        raise TableError(
            f"{photos}: no photograph of the split {split} has a mask, and without masks there is nothing to compare "
            "labels with; add masks to some photographs, or name the other split (val or train)"
        )
    if len(masked) <= count:
        return masked
    rows_drawn = seeds.generator(seed).choice(len(masked), size=count, replace=False)
    return [masked[row] for row in sorted(rows_drawn.tolist())]


def read_samples(photo_ids: Sequence[str], *, project: Project, upsample: images.Method) -> Iterator[Sample]:
    """Yield (photograph, activation map, mask) of these photographs, in the table's order.

    Args:
        photo_ids: photographs with masks.
        project: whose tables are read.
        upsample: of the activation map to the photograph.

    Raises:
        TableError: a table is missing, or a photograph has no activation map.
    """
    wanted = set(photo_ids)
    maps = project.path(LOCALISATION_MAPS)
    cells = {
        row["photo_id"]: row
        for row in _rows(maps, schemas.LOCALISATION_MAPS, wanted)
        if row["kind"] == localisation_maps.CAM
    }
    for row in _rows(project.path(PHOTOS), schemas.PHOTOS, wanted, columns=["photo_id", "image", "mask"]):
        image = images.decode_rgb(row["image"])
        height, width = image.shape[:2]
        if row["photo_id"] not in cells:
            raise TableError(
                f"{row['photo_id']}: has no activation map in {maps}; run `dvc repro localisation_maps` again"
            )
        (cam,) = localisation_maps.maps(
            [cells[row["photo_id"]]], kinds=[localisation_maps.CAM], height=height, width=width, upsample=upsample
        )
        yield image, cam, images.decode_mask(row["mask"])


def snippet(table: pd.DataFrame, *, grid: Mapping[str, Sequence[float]], where: str, csv: str) -> str:
    """The best row as a part of params.yaml, with comments on what it was chosen from.

    Args:
        table: combinations, best first; see :func:`tune_crf`.
        grid: the values that were tried.
        where: the photographs, in words.
        csv: name of the file that holds the table.
    """
    best = {name: table[name].tolist()[0] for name in PARAMETERS}
    lines = [
        "# Parameters of the CRF, chosen by `crackpipe tune-crf`; put them below pseudo_label.cam_crf in params.yaml.",
        f"# Mean IoU {table['mean_iou'].iloc[0]:.4f} on {where};",
        f"# the best of {len(table)} combinations, all of which are in {csv}. Grid:",
        *(f"#   {name}: {', '.join(str(value) for value in grid[name])}" for name in PARAMETERS),
        "pseudo_label:",
        "  cam_crf:",
        *(f"    {name}: {value}" for name, value in best.items()),
    ]
    return "\n".join(lines) + "\n"


def _check_choice(split: str, out: Path, *, project: Project) -> None:
    if split == "test":
        raise ParamsError(
            "--split: got test; the figures are measured on test photographs, so nothing may be chosen on them; use "
            "val (the default), or train as Dong et al. do"
        )
    if split not in SPLITS:
        raise ParamsError(f"--split: got {split}; expected {' or '.join(SPLITS)}")
    is_params = out.resolve() == project.path("params.yaml").resolve()
    if out.suffix not in (".yaml", ".yml") or is_params or not out.parent.is_dir():
        raise ParamsError(
            f"--out: got {out}; expected a .yaml file of its own, other than params.yaml, in a folder that exists"
        )


def _check_value(name: str, value: Any, current: Params, *, where: str) -> None:
    """Refuse before the search a value that params.yaml would not accept after it."""
    tree = current.model_dump()
    tree["pseudo_label"]["cam_crf"][name] = value
    params.check(tree, where=where)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _rows(
    path: Path, schema: schemas.Schema, wanted: set[str], *, columns: list[str] | None = None
) -> Iterator[parquet.Row]:
    return (row for row in parquet.scan(path, schema, columns=columns) if row["photo_id"] in wanted)
