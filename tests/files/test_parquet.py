"""Tables: the same rows give the same bytes, a row that does not fit is refused, nothing half-written is left."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas

BIG = b"x" * (3 * 1024**2)


def label(number: int, *, mask: bytes = b"png") -> parquet.Row:
    return {"photo_id": f"s/{number:03d}", "method": "cam", "mask": mask, "binarise": 0.5, "crack_px": number}


def patch(col: int) -> parquet.Row:
    place = {"photo_id": "a", "row_px": 0, "col_px": col, "side_px": 32, "symmetry": 0}
    return {**place, "label": 1, "split": "train"}


def patches(rows: list[parquet.Row], **replaced: Any) -> pa.Table:
    return pa.Table.from_pylist([row | replaced for row in rows])


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_what_is_written_is_read_and_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [label(number) for number in range(5)]
    for name in ("a", "b"):
        assert parquet.write(tmp_path / name / "t.parquet", schemas.PSEUDO_LABELS, iter(rows)) == 5
    assert parquet.read(tmp_path / "a/t.parquet", schemas.PSEUDO_LABELS).to_pylist() == rows
    assert list(parquet.scan(tmp_path / "a/t.parquet", schemas.PSEUDO_LABELS)) == rows
    assert parquet.count(tmp_path / "a/t.parquet", schemas.PSEUDO_LABELS) == 5
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert list(files(tmp_path / "a")) == ["t.parquet"]


def test_some_columns_can_be_read_alone(tmp_path: Path) -> None:
    parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, [label(1), label(2)])
    assert parquet.read(tmp_path / "t", schemas.PSEUDO_LABELS, columns=["crack_px"]).to_pydict() == {"crack_px": [1, 2]}
    assert list(parquet.scan(tmp_path / "t", schemas.PSEUDO_LABELS, columns=["photo_id"]))[1] == {"photo_id": "s/002"}


def test_rows_are_grouped_by_the_first_column_of_the_key(tmp_path: Path) -> None:
    kinds = {"s/a": ["cam", "patch_32", "patch_64"], "s/b": ["cam"], "s/c": ["cam", "patch_64"]}
    rows = [
        {"photo_id": name, "kind": kind, "cell_px": 32, "cells": BIG}
        for name, listed in kinds.items()
        for kind in listed
    ]
    parquet.write_shards(tmp_path, schemas.LOCALISATION_MAPS, rows, shard_bytes=6 * 1024**2)  # a shard ends within s/a
    assert len(files(tmp_path)) == 3
    found = list(parquet.grouped(tmp_path, schemas.LOCALISATION_MAPS))
    assert [name for name, _ in found] == list(kinds)
    assert [row for _, group in found for row in group] == rows


def test_a_table_without_rows_has_no_groups(tmp_path: Path) -> None:
    parquet.write(tmp_path / "t", schemas.LOCALISATION_MAPS, [])
    assert list(parquet.grouped(tmp_path / "t", schemas.LOCALISATION_MAPS)) == []


def test_shards_end_where_they_are_full_and_read_as_one_table(tmp_path: Path) -> None:
    rows = [label(number, mask=BIG) for number in range(5)]
    assert parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, iter(rows), shard_bytes=6 * 1024**2) == 5
    assert list(files(tmp_path)) == ["part-0000.parquet", "part-0001.parquet", "part-0002.parquet"]
    assert [pq.ParquetFile(part).metadata.num_rows for part in sorted(tmp_path.iterdir())] == [2, 2, 1]
    assert parquet.read(tmp_path, schemas.PSEUDO_LABELS).to_pylist() == rows
    assert parquet.count(tmp_path, schemas.PSEUDO_LABELS) == 5


def test_a_shard_that_ends_with_the_last_row_is_followed_by_no_empty_one(tmp_path: Path) -> None:
    rows = [label(number, mask=BIG) for number in range(4)]
    parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, iter(rows), shard_bytes=6 * 1024**2)
    assert list(files(tmp_path)) == ["part-0000.parquet", "part-0001.parquet"]


def test_a_shorter_table_leaves_no_shard_of_the_longer_one_behind(tmp_path: Path) -> None:
    parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, [label(1), label(2), label(3)], shard_bytes=1)
    assert len(files(tmp_path)) == 3
    parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, [label(7)])
    assert parquet.read(tmp_path, schemas.PSEUDO_LABELS)["crack_px"].to_pylist() == [7]


def test_no_rows_are_one_empty_shard(tmp_path: Path) -> None:
    assert parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, iter(())) == 0
    assert parquet.read(tmp_path, schemas.PSEUDO_LABELS).num_rows == 0


def test_memory_holds_one_row_group_of_2_mib(tmp_path: Path) -> None:
    parquet.write(
        tmp_path / "t", schemas.PSEUDO_LABELS, [label(number, mask=BIG[: len(BIG) // 4]) for number in range(7)]
    )
    footer = pq.ParquetFile(tmp_path / "t").metadata
    assert [footer.row_group(i).num_rows for i in range(footer.num_row_groups)] == [3, 3, 1]


def test_reading_row_by_row_lets_go_of_the_row_groups_it_has_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    rows = [label(number, mask=noise.bytes(len(BIG))) for number in range(8)]
    parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, rows)
    del rows
    before = pa.total_allocated_bytes()
    for _ in parquet.scan(tmp_path / "t", schemas.PSEUDO_LABELS):
        assert pa.total_allocated_bytes() - before < 3 * len(BIG)


@pytest.mark.parametrize("numbers", [(2, 1), (1, 1)])
def test_rows_out_of_order_or_twice_are_refused_and_leave_nothing(tmp_path: Path, numbers: tuple[int, int]) -> None:
    with pytest.raises(TableError, match=r"pseudo_labels: key \('s/001',\) follows .*unique and ascending in \('photo"):
        parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, [label(number) for number in numbers])
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_table_as_it_was(tmp_path: Path) -> None:
    parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, [label(1)])
    before = files(tmp_path)
    with pytest.raises(TableError):
        parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, [label(2), label(1)])
    assert files(tmp_path) == before


def test_a_failed_write_of_shards_leaves_its_first_among_the_old_ones(tmp_path: Path) -> None:
    parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, [label(1), label(2), label(3)], shard_bytes=1)
    old = files(tmp_path)
    with pytest.raises(TableError):
        parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, [label(4), label(6), label(5)], shard_bytes=1)
    found = files(tmp_path)
    assert list(found) == list(old)
    assert [found[name] == old[name] for name in old] == [False, True, True]


def test_an_empty_value_and_a_wrong_type_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="pseudo_labels: column method has an empty value, but must always be filled"):
        parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, [label(1) | {"method": None}])
    for wrong in ("many", 2**40):
        with pytest.raises(TableError, match="pseudo_labels: a row does not fit the schema: "):
            parquet.write(tmp_path / "t", schemas.PSEUDO_LABELS, [label(1) | {"crack_px": wrong}])


def test_columns_in_memory_are_written_as_the_schema_says(tmp_path: Path) -> None:
    rows = [patch(0), patch(32)]
    assert parquet.write_columns(tmp_path / "t", schemas.PATCHES, patches(rows)) == 2
    assert parquet.read(tmp_path / "t", schemas.PATCHES).to_pylist() == rows
    assert pq.ParquetFile(tmp_path / "t").schema_arrow.equals(schemas.PATCHES.columns)


def test_columns_in_memory_are_checked_as_rows_are(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="patches: rows must be unique and ascending in"):
        parquet.write_columns(tmp_path / "t", schemas.PATCHES, patches([patch(32), patch(0)]))
    with pytest.raises(TableError, match="patches: rows must be unique and ascending in"):
        parquet.write_columns(tmp_path / "t", schemas.PATCHES, patches([patch(0), patch(0)]))
    with pytest.raises(TableError, match=r"patches: columns are \['photo_id', .*, expected \['photo_id', 'row_px'"):
        parquet.write_columns(tmp_path / "t", schemas.PATCHES, patches([patch(0)]).drop_columns("label"))
    with pytest.raises(TableError, match="patches: a column does not fit the schema: Integer value 300 not in range"):
        parquet.write_columns(tmp_path / "t", schemas.PATCHES, patches([patch(0)], label=300))
    with pytest.raises(TableError, match="patches: column label has an empty value, but must always be filled"):
        parquet.write_columns(tmp_path / "t", schemas.PATCHES, patches([patch(0)], label=None))
    assert not list(tmp_path.iterdir())


def test_a_missing_table_says_how_to_make_it(tmp_path: Path) -> None:
    for place in (tmp_path / "none.parquet", tmp_path):
        with pytest.raises(TableError, match=f"{place}: no photos table here; run `dvc repro` to make it"):
            parquet.read(place, schemas.PHOTOS)
    with pytest.raises(TableError, match="no photos table here"):
        list(parquet.scan(tmp_path, schemas.PHOTOS))


def test_a_table_of_another_schema_is_refused_by_name(tmp_path: Path) -> None:
    pd.DataFrame({"photo_id": ["a"], "method": ["cam"]}).to_parquet(tmp_path / "t")
    with pytest.raises(TableError, match=r"columns are 'photo_id: .*but a pseudo_labels table has .*crack_px"):
        parquet.read(tmp_path / "t", schemas.PSEUDO_LABELS)


def test_every_key_is_made_of_columns_that_are_always_filled() -> None:
    every = [found for found in vars(schemas).values() if isinstance(found, schemas.Schema)]
    assert len(every) >= 7
    for schema in every:
        assert schema.key
        assert all(not schema.columns.field(name).nullable for name in schema.key)


def test_rows_are_picked_by_their_first_key_across_shards(tmp_path: Path) -> None:
    parquet.write_shards(tmp_path, schemas.PSEUDO_LABELS, [label(number) for number in range(6)], shard_bytes=64)
    assert len(files(tmp_path)) > 1
    found = parquet.pick(
        tmp_path, schemas.PSEUDO_LABELS, values={"s/004", "s/001", "s/999"}, columns=["crack_px", "photo_id"]
    )
    assert found == [{"crack_px": 1, "photo_id": "s/001"}, {"crack_px": 4, "photo_id": "s/004"}]
    with pytest.raises(TableError, match="no pseudo_labels table here"):
        parquet.pick(tmp_path / "none", schemas.PSEUDO_LABELS, values={"s/001"}, columns=["crack_px"])


def joined(rows: list[str], **others: list[str]) -> list[tuple[parquet.Row, dict[str, str]]]:
    tables = {name: [(photo_id, f"{name} of {photo_id}") for photo_id in ids] for name, ids in others.items()}
    photos = ({"photo_id": photo_id} for photo_id in rows)
    return list(parquet.joined(photos, tables, where=lambda name: f"data/{name}", stage=lambda name: f"make@{name}"))


def test_tables_are_joined_photograph_by_photograph() -> None:
    assert joined(["a", "b"], cam=["a", "b"], truth=["a", "b"]) == [
        ({"photo_id": "a"}, {"cam": "cam of a", "truth": "truth of a"}),
        ({"photo_id": "b"}, {"cam": "cam of b", "truth": "truth of b"}),
    ]
    assert joined([], cam=[]) == []
    assert joined(["a"]) == [({"photo_id": "a"}, {})]


def test_nothing_is_read_ahead_of_the_join() -> None:
    read: list[str] = []

    def rows() -> Iterator[parquet.Row]:
        for photo_id in "abc":
            read.append(photo_id)
            yield {"photo_id": photo_id}

    pairs = ((photo_id, 0) for photo_id in "abc")
    next(parquet.joined(rows(), {"cam": pairs}, where=str, stage=str))
    assert read == ["a"]


@pytest.mark.parametrize(
    ("cam", "next_one", "expected"),
    [(["b"], "'b'", "'a'"), (["a"], "None", "'b'"), (["a", "c"], "'c'", "'b'"), (["a", "b", "c"], "'c'", "no more")],
)
def test_a_table_of_other_photographs_is_refused_with_the_stage_that_makes_it(
    cam: list[str], next_one: str, expected: str
) -> None:
    with pytest.raises(TableError) as caught:
        joined(["a", "b"], truth=["a", "b"], cam=cam)
    assert str(caught.value) == (
        f"data/cam: next photograph is {next_one}, but the photos table has {expected}; run `dvc repro make@cam` again"
    )
