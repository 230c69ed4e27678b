"""Stage tokens of a frozen encoder, kept as float16: written once, read memory-mapped by all that trains on them.

A folder of Arrow files ``part-0000.arrow`` … of equally many windows (the last holds the rest). Tokens lie channels
last, as the adapters read them. A window remembers its place in the photograph: labels of any kind can be cut to it.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Bool, Float, Float16, Int
from torch import Tensor

from crackpipe import console
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError
from crackpipe.files import arrow, parquet
from crackpipe.files.parquet import Schema
from crackpipe.imaging import images
from crackpipe.segment.windows.augment import Place, View

Seen = tuple[str, int, View]  # photo_id, number of the view, window
Shapes = Mapping[int, tuple[int, ...]]  # stage (1 = finest) → rows, columns, channels of its tokens

SHARD_BYTES = 64 * 1024**2
FLOAT16_BYTES = 2
_KINDS = {int: pa.int32(), bool: pa.bool_(), float: pa.float64()}


def schema(shapes: Shapes) -> Schema:
    """Columns of kept windows whose tokens have these shapes."""
    columns = [pa.field("photo_id", pa.string(), nullable=False), pa.field("view", pa.int32(), nullable=False)]
    columns += [pa.field(one.name, _KINDS[one.type], nullable=False) for one in fields(Place)]  # type: ignore[index]
    columns.append(pa.field("drawn", pa.binary()))  # 1-bit PNG of cracks that were drawn into it; null where none
    for stage, shape in shapes.items():
        columns.append(pa.field(f"stage_{stage}", pa.fixed_shape_tensor(pa.float16(), shape), nullable=False))
    return Schema("windows", pa.schema(columns), ("photo_id", "view"))


def shapes(encoder: Encoder, *, stages: Sequence[int], side_px: int, runtime: Runtime) -> dict[int, tuple[int, ...]]:
    """Shapes of a window's tokens, from one run on a blank window.

    Raises:
        ParamsError: the encoder does not take windows of that side.
    """
    if side_px % encoder.multiple_px:
        raise ParamsError(
            f"embed_windows.side_px: got {side_px}, but this encoder takes multiples of {encoder.multiple_px} px"
        )
    blank = np.zeros((1, side_px, side_px, 3), np.uint8)
    found = encode(blank, encoder=encoder, stages=stages, runtime=runtime)
    return {stage: one.shape[1:] for stage, one in zip(stages, found, strict=True)}


def size_bytes(kept: Shapes, *, count: int) -> int:
    """Bytes on disk of the tokens of ``count`` windows."""
    return count * FLOAT16_BYTES * sum(prod(shape) for shape in kept.values())


def check_size(kept: Shapes, *, count: int, max_gib: float) -> str:
    """Say what the tokens of ``count`` windows will take.

    Raises:
        ParamsError: more than ``max_gib``.
    """
    size = size_bytes(kept, count=count)
    told = f"tokens of {count} windows, {size / max(count, 1) / 1024**2:.3g} MiB each: {size / 1024**3:.3g} GiB"
    if size > max_gib * 1024**3:
        raise ParamsError(
            f"embed_windows.max_gib: {told}, but at most {max_gib:g} GiB may be written; lower train_segmenter.photos, "
            "embed_windows.views, embed_windows.side_px or the number of embed_windows.stages, or raise the bound"
        )
    return told


def encode(
    pixels: np.ndarray, *, encoder: Encoder, stages: Sequence[int], runtime: Runtime
) -> list[Float16[np.ndarray, "b _r _k _c"]]:
    """Tokens of some stages (1 = finest) of windows (b, s, s, 3), RGB levels 0–255."""
    inputs = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    with torch.inference_mode(), runtime.autocast():
        found = encoder.stage_tokens(encoder.prepare(inputs, runtime))
    return [found[stage - 1].movedim(1, -1).half().cpu().numpy() for stage in stages]


def write(
    folder: Path,
    seen: Iterable[Seen],
    *,
    count: int,
    kept: Shapes,
    encoder: Encoder,
    batch: int,
    runtime: Runtime,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Encode ``count`` windows, ascending in photograph and view, ``batch`` at a time; memory holds one file."""
    rows = batch * max(1, shard_bytes // max(1, size_bytes(kept, count=batch)))
    waiting = console.bar(seen, what="encode windows", total=count, unit="windows")
    columns = schema(kept)
    for shard in range(max(1, -(-count // rows))):
        wanted = min(rows, count - shard * rows)
        tokens = [np.empty((wanted, *shape), np.float16) for shape in kept.values()]
        placed: list[dict[str, Any]] = []
        while len(placed) < wanted:
            group = list(itertools.islice(waiting, min(batch, wanted - len(placed))))
            pixels = np.stack([view.pixels for *_, view in group])
            found = encode(pixels, encoder=encoder, stages=list(kept), runtime=runtime)
            for whole, part in zip(tokens, found, strict=True):
                whole[len(placed) : len(placed) + len(group)] = part
            placed += [_row(*one) for one in group]
        arrow.write(folder / f"part-{shard:04d}.arrow", columns, _table(columns, placed, tokens))


def _row(photo_id: str, number: int, view: View) -> dict[str, Any]:
    drawn = None if view.drawn is None else images.encode_mask(view.drawn)
    return {"photo_id": photo_id, "view": number, **asdict(view.place), "drawn": drawn}


def _table(columns: Schema, placed: list[dict[str, Any]], tokens: Sequence[np.ndarray]) -> pa.Table:
    kinds = columns.columns
    first = len(kinds) - len(tokens)
    arrays = [pa.array([row[kind.name] for row in placed], kind.type) for kind in list(kinds)[:first]]
    for kind, part in zip(list(kinds)[first:], tokens, strict=True):
        flat = pa.FixedSizeListArray.from_arrays(pa.array(part.reshape(-1)), prod(part.shape[1:]))
        arrays.append(pa.ExtensionArray.from_storage(kind.type, flat))
    return pa.Table.from_arrays(arrays, schema=kinds)


class Tokens:
    """Kept windows, in the order in which they were written; their tokens stay on disk.

    Attributes:
        stages: whose tokens there are, 1 (finest) to 4.
        photo_ids: of each window.
        places: of each window in its photograph.
    """

    def __init__(self, folder: Path) -> None:
        """Map the files in ``folder``.

        Raises:
            TableError: there are none, or they were made by another version.
        """
        paths = sorted(folder.glob("part-*.arrow")) or [folder / "part-0000.arrow"]
        parts = [arrow.read(path, name="windows") for path in paths]
        own = parts[0].schema
        self.stages = tuple(int(name.removeprefix("stage_")) for name in own.names if name.startswith("stage_"))
        expected = schema({stage: tuple(own.field(f"stage_{stage}").type.shape) for stage in self.stages})
        for path, part in zip(paths, parts, strict=True):
            parquet.expect(path, expected, part.schema)
        self._tokens = [
            [part[f"stage_{stage}"].chunk(0).to_numpy_ndarray() for part in parts if part.num_rows]
            for stage in self.stages
        ]
        self._starts = np.cumsum([0, *(part.num_rows for part in parts if part.num_rows)])
        names = [one.name for one in fields(Place)]
        rows = pa.concat_tables([part.select(["photo_id", "drawn", *names]) for part in parts]).to_pylist()
        self.photo_ids: list[str] = [row["photo_id"] for row in rows]
        self.places = [Place(**{name: row[name] for name in names}) for row in rows]
        self._drawn = [row["drawn"] for row in rows]

    def __len__(self) -> int:
        return len(self.photo_ids)

    def drawn(self, window: int) -> Bool[np.ndarray, "s s"] | None:
        """Cracks that were drawn into a window; ``None`` where there are none."""
        encoded = self._drawn[window]
        return None if encoded is None else images.decode_mask(encoded)

    def maps(self, index: Int[np.ndarray, "b"], runtime: Runtime) -> list[Float[Tensor, "b _c _r _k"]]:
        """Token maps of each stage of some windows, float32 on the device, channels last in memory."""
        part = np.searchsorted(self._starts, index, side="right") - 1
        places = list(zip(part, index - self._starts[part], strict=True))
        maps = []
        for tokens in self._tokens:
            read = np.stack([tokens[shard][row] for shard, row in places])
            maps.append(torch.from_numpy(read).to(runtime.device).float().movedim(-1, 1))
        return maps
