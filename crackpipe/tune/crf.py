"""Choose parameters of the pseudo-labels on a sample of labelled photographs, and write them as a part of params.yaml.

Never on test photographs: the figures are measured on those.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crackpipe import console, params
from crackpipe.compute import seeds
from crackpipe.errors import ParamsError, TableError
from crackpipe.files import atomic, parquet, schemas
from crackpipe.imaging import images
from crackpipe.params import Params
from crackpipe.pseudo import localisation_maps
from crackpipe.tune import crf_search
from crackpipe.tune.crf_search import PARAMETERS, Sample

if TYPE_CHECKING:
    import pandas as pd

PARAMS, PHOTOS, LOCALISATION_MAPS = Path("params.yaml"), Path("data/photos"), Path("data/localisation_maps")
SPLITS = ("val", "train")
Grid = dict[str, list[float]]


def crf(*, photos: int, split: str, grid: Path, out: Path, seed: int) -> "pd.DataFrame":
    """Search the CRF's parameters for the highest mean IoU; write the best to ``out`` and all to a CSV beside it.

    Reads params.yaml, data/photos and data/localisation_maps. Holds the sampled photographs in memory.

    Args:
        photos: at most so many photographs with masks, drawn at random.
        split: val or train.
        grid: YAML; a value or a list of values for some of the parameters, the others stay as in params.yaml.
        seed: of the draw.

    Returns:
        A row per combination, best first; see :func:`crackpipe.tune.crf_search.search`.

    Raises:
        ParamsError: the split, the grid or ``out`` cannot be used; nothing has been done then.
        TableError: a table is missing, or the split has no photograph with a mask; likewise.
    """
    _check_choice(split, out)
    p = params.load(PARAMS)
    values = read_grid(grid, p)
    if not LOCALISATION_MAPS.exists():
        raise TableError(
            f"{LOCALISATION_MAPS}: no activation maps here; run `dvc repro localisation_maps` to train the classifier "
            "first"
        )
    chosen = draw(PHOTOS, split=split, count=photos, seed=seed)
    console.say(f"{len(chosen)} photographs of {split}")
    own = p.pseudo_label.cam_crf
    samples = list(read_samples(chosen, upsample=own.upsample))
    found = crf_search.search(samples, grid=values, binarise=own.binarise, workers=p.runtime.workers)
    where = (
        f"{len(chosen)} photographs with masks of the split {split} (seed {seed}), labels binarised at {own.binarise}"
    )
    atomic.write_text(out.with_suffix(".csv"), found.round(6).to_csv(index=False))
    atomic.write_text(out, snippet(found, grid=values, where=where, table=out.with_suffix(".csv").name))
    return found


def read_grid(path: Path, p: Params) -> Grid:
    """Values of every parameter of the CRF: those of the file, and of params.yaml for the others.

    Raises:
        ParamsError: the file is missing or no mapping, names an unknown parameter, or a value is not allowed.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        given = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: not found; conf/crf_grid.yaml shows how a grid is written") from None
    except YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(given, dict):
        raise ParamsError(f"{path}: expected lines such as bilateral_sxy: [20.0, 40.0]; got {given!r}")
    crf_search.check_names([str(name) for name in given])
    own = p.pseudo_label.cam_crf.model_dump()
    grid: Grid = {name: _listed(given.get(name, own[name])) for name in PARAMETERS}
    crf_search.check(grid)
    for name, values in grid.items():
        for value in values:
            _check_value(name, value, p, where=str(path))
    return grid


def draw(photos: Path, *, split: str, count: int, seed: int) -> list[str]:
    """Names of at most ``count`` photographs of a split that have masks, drawn at random, in the table's order.

    Raises:
        TableError: the table is missing, or the split has none.
    """
    rows = parquet.scan(photos, schemas.PHOTOS, columns=["photo_id", "split", "mask"])
    known = [row["photo_id"] for row in rows if row["split"] == split and row["mask"] is not None]
    if not known:
        raise TableError(
            f"{photos}: no photograph of the split {split} has a mask, and without masks there is nothing to compare "
            "labels with; add masks to some photographs, or name the other split (val or train)"
        )
    if len(known) <= count:
        return known
    places = seeds.generator(seed).choice(len(known), size=count, replace=False)
    return [known[place] for place in sorted(places.tolist())]


def read_samples(chosen: Sequence[str], *, upsample: images.Method) -> Iterator[Sample]:
    """(photograph, activation map, mask) of these photographs, in the table's order.

    Raises:
        TableError: a table is missing, or a photograph has no activation map.
    """
    wanted = set(chosen)
    cells = {
        row["photo_id"]: row
        for row in _of(LOCALISATION_MAPS, schemas.LOCALISATION_MAPS, wanted)
        if row["kind"] == localisation_maps.CAM
    }
    for row in _of(PHOTOS, schemas.PHOTOS, wanted, columns=["photo_id", "image", "mask"]):
        image = images.decode_rgb(row["image"])
        height, width = image.shape[:2]
        if row["photo_id"] not in cells:
            raise TableError(
                f"{row['photo_id']}: has no activation map in {LOCALISATION_MAPS}; run `dvc repro localisation_maps` "
                "again"
            )
        found = [cells[row["photo_id"]]]
        (cam,) = localisation_maps.maps(
            found, kinds=[localisation_maps.CAM], height=height, width=width, upsample=upsample
        )
        yield image, cam, images.decode_mask(row["mask"])


def snippet(found: "pd.DataFrame", *, grid: Mapping[str, Sequence[float]], where: str, table: str) -> str:
    """The best row as a part of params.yaml, with comments on what it was chosen from."""
    best = {name: found[name].tolist()[0] for name in PARAMETERS}
    lines = [
        "# Parameters of the CRF, chosen by `crackpipe tune-crf`; put them below pseudo_label.cam_crf in params.yaml.",
        f"# Mean IoU {found['mean_iou'].iloc[0]:.4f} on {where};",
        f"# the best of {len(found)} combinations, all of which are in {table}. Grid:",
        *(f"#   {name}: {', '.join(str(value) for value in grid[name])}" for name in PARAMETERS),
        "pseudo_label:",
        "  cam_crf:",
        *(f"    {name}: {value}" for name, value in best.items()),
    ]
    return "\n".join(lines) + "\n"


def _check_choice(split: str, out: Path) -> None:
    if split == "test":
        raise ParamsError(
            "--split: got test; the figures are measured on test photographs, so nothing may be chosen on them; use "
            "val (the default), or train as Dong et al. do"
        )
    if split not in SPLITS:
        raise ParamsError(f"--split: got {split}; expected {' or '.join(SPLITS)}")
    if out.suffix not in (".yaml", ".yml") or out.resolve() == PARAMS.resolve() or not out.parent.is_dir():
        raise ParamsError(
            f"--out: got {out}; expected a .yaml file of its own, other than {PARAMS}, in a folder that exists"
        )


def _check_value(name: str, value: Any, p: Params, *, where: str) -> None:
    """What params.yaml would not accept would fail after the search."""
    tree = p.model_dump()
    tree["pseudo_label"]["cam_crf"][name] = value
    params.check(tree, where=where)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of(
    path: Path, schema: schemas.Schema, wanted: set[str], *, columns: list[str] | None = None
) -> Iterator[parquet.Row]:
    return (row for row in parquet.scan(path, schema, columns=columns) if row["photo_id"] in wanted)
