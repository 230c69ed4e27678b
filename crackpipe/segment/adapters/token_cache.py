"""Stage tokens of a frozen encoder, cached as float16: written once, read memory-mapped by all that trains on them.

A folder of Arrow files ``part-0000.arrow`` … of equally many windows (the last holds the rest). Tokens lie channels
last, as the adapters read them. A window remembers its placement in the photograph: labels of any kind can be cut to
it.
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
from crackpipe.segment.windows.augment import Placement, View

PhotoView = tuple[str, int, View]  # photo_id, number of the view, window
TokenShapes = Mapping[int, tuple[int, ...]]  # stage (1 = finest) → rows, columns, channels of its tokens

SHARD_BYTES = 64 * 1024**2
FLOAT16_BYTES = 2
_ARROW_TYPES = {int: pa.int32(), bool: pa.bool_(), float: pa.float64()}


def schema(shapes: TokenShapes) -> Schema:
    """Columns of cached windows whose tokens have these shapes."""
    columns = [pa.field("photo_id", pa.string(), nullable=False), pa.field("view", pa.int32(), nullable=False)]
    for field in fields(Placement):
        columns.append(pa.field(field.name, _ARROW_TYPES[field.type], nullable=False))  # type: ignore[index]
    columns.append(pa.field("drawn", pa.binary()))  # 1-bit PNG of cracks that were drawn into it; null where none
    for stage, shape in shapes.items():
        columns.append(pa.field(f"stage_{stage}", pa.fixed_shape_tensor(pa.float16(), shape), nullable=False))
    return Schema("windows", pa.schema(columns), ("photo_id", "view"))


def token_shapes(
    encoder: Encoder, *, stages: Sequence[int], side_px: int, runtime: Runtime
) -> dict[int, tuple[int, ...]]:
    """Shapes of a window's tokens, from one run on a blank window.

    Args:
        encoder: frozen, placed.
        stages: 1 (finest) to 4.
        side_px: of a window.
        runtime: device and precision.

    Raises:
        ParamsError: the encoder does not take windows of that side.
    """
    if side_px % encoder.multiple_px:
        raise ParamsError(
            f"embed_windows.side_px: got {side_px}, but this encoder takes multiples of {encoder.multiple_px} px"
        )
    blank = np.zeros((1, side_px, side_px, 3), np.uint8)
    tokens = encode(blank, encoder=encoder, stages=stages, runtime=runtime)
    return {stage: stage_tokens.shape[1:] for stage, stage_tokens in zip(stages, tokens, strict=True)}


def size_bytes(shapes: TokenShapes, *, count: int) -> int:
    """Bytes on disk of the tokens of ``count`` windows."""
    return count * FLOAT16_BYTES * sum(prod(shape) for shape in shapes.values())


def check_size(shapes: TokenShapes, *, count: int, max_gib: float) -> str:
    """Check that the tokens of ``count`` windows take at most ``max_gib`` (GiB) on disk; return a line with their size.

    Args:
        shapes: from :func:`token_shapes`.
        count: number of windows.
        max_gib: 1 GiB is 1024³ bytes.

    Raises:
        ParamsError: they take more.
    """
    size = size_bytes(shapes, count=count)
    summary = f"tokens of {count} windows, {size / max(count, 1) / 1024**2:.3g} MiB each: {size / 1024**3:.3g} GiB"
    if size > max_gib * 1024**3:
        raise ParamsError(
            f"embed_windows.max_gib: {summary}, but at most {max_gib:g} GiB may be written; lower "
            "train_segmenter.photos, embed_windows.views, embed_windows.side_px or the number of embed_windows.stages, "
            "or raise the bound"
        )
    return summary


def encode(
    pixels: np.ndarray, *, encoder: Encoder, stages: Sequence[int], runtime: Runtime
) -> list[Float16[np.ndarray, "b _r _k _c"]]:
    """Tokens of some stages of windows.

    Args:
        pixels: windows (b, s, s, 3), RGB levels 0–255.
        encoder: frozen, placed.
        stages: 1 (finest) to 4.
        runtime: device and precision.
    """
    inputs = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    with torch.inference_mode(), runtime.autocast():
        tokens = encoder.stage_tokens(encoder.prepare(inputs, runtime))
    return [tokens[stage - 1].movedim(1, -1).half().cpu().numpy() for stage in stages]


def write(
    folder: Path,
    windows: Iterable[PhotoView],
    *,
    count: int,
    shapes: TokenShapes,
    encoder: Encoder,
    batch: int,
    runtime: Runtime,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Encode windows and write their tokens; memory holds one file.

    Args:
        folder: to write to.
        windows: ascending in photo_id and number of the view.
        count: number of windows.
        shapes: from :func:`token_shapes`; its stages are written.
        encoder: frozen, placed.
        batch: windows that are encoded at once.
        runtime: device and precision.
        shard_bytes: tokens in a file, at most (but one batch).
    """
    rows_per_file = batch * max(1, shard_bytes // max(1, size_bytes(shapes, count=batch)))
    waiting = console.bar(windows, what="encode windows", total=count, unit="windows")
    window_schema = schema(shapes)
    for shard in range(max(1, -(-count // rows_per_file))):
        size = min(rows_per_file, count - shard * rows_per_file)
        tokens = [np.empty((size, *shape), np.float16) for shape in shapes.values()]
        rows: list[dict[str, Any]] = []
        while len(rows) < size:
            group = list(itertools.islice(waiting, min(batch, size - len(rows))))
            pixels = np.stack([view.pixels for *_, view in group])
            encoded = encode(pixels, encoder=encoder, stages=list(shapes), runtime=runtime)
            for whole, part in zip(tokens, encoded, strict=True):
                whole[len(rows) : len(rows) + len(group)] = part
            rows += [_row(*photo_view) for photo_view in group]
        arrow.write(folder / f"part-{shard:04d}.arrow", window_schema, _table(window_schema, rows, tokens))


def _row(photo_id: str, number: int, view: View) -> dict[str, Any]:
    drawn = None if view.drawn is None else images.encode_mask(view.drawn)
    return {"photo_id": photo_id, "view": number, **asdict(view.placement), "drawn": drawn}


def _table(window_schema: Schema, rows: list[dict[str, Any]], tokens: Sequence[np.ndarray]) -> pa.Table:
    columns = window_schema.columns
    first = len(columns) - len(tokens)
    arrays = [pa.array([row[column.name] for row in rows], column.type) for column in list(columns)[:first]]
    for column, part in zip(list(columns)[first:], tokens, strict=True):
        flat = pa.FixedSizeListArray.from_arrays(pa.array(part.reshape(-1)), prod(part.shape[1:]))
        arrays.append(pa.ExtensionArray.from_storage(column.type, flat))
    return pa.Table.from_arrays(arrays, schema=columns)


class TokenCache:
    """Cached windows, in the order in which they were written; their tokens stay on disk.

    Attributes:
        stages: whose tokens there are, 1 (finest) to 4.
        photo_ids: of each window.
        placements: of each window in its photograph.
    """

    def __init__(self, folder: Path) -> None:
        """Map the files in ``folder``.

        Raises:
            TableError: there are none, or they were made by another version.
        """
        paths = sorted(folder.glob("part-*.arrow")) or [folder / "part-0000.arrow"]
        parts = [arrow.read(path, name="windows") for path in paths]
        columns = parts[0].schema
        self.stages = tuple(int(name.removeprefix("stage_")) for name in columns.names if name.startswith("stage_"))
        expected = schema({stage: tuple(columns.field(f"stage_{stage}").type.shape) for stage in self.stages})
        for path, part in zip(paths, parts, strict=True):
            parquet.expect(path, expected, part.schema)
        self._tokens = [
            [part[f"stage_{stage}"].chunk(0).to_numpy_ndarray() for part in parts if part.num_rows]
            for stage in self.stages
        ]
        self._starts = np.cumsum([0, *(part.num_rows for part in parts if part.num_rows)])
        names = [field.name for field in fields(Placement)]
        rows = pa.concat_tables([part.select(["photo_id", "drawn", *names]) for part in parts]).to_pylist()
        self.photo_ids: list[str] = [row["photo_id"] for row in rows]
        self.placements = [Placement(**{name: row[name] for name in names}) for row in rows]
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
        part_rows = list(zip(part, index - self._starts[part], strict=True))
        maps = []
        for tokens in self._tokens:
            stacked = np.stack([tokens[shard][row] for shard, row in part_rows])
            maps.append(torch.from_numpy(stacked).to(runtime.device).float().movedim(-1, 1))
        return maps
