"""Mapped tables: the same rows, the same bytes; numbers used where they lie; errors that say what to do."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from crackpipe.errors import TableError
from crackpipe.files import arrow, schemas

SCHEMA = schemas.embeddings(width=2)


def rows(*names: str) -> pa.Table:
    numbers = np.arange(2 * len(names), dtype=np.float16)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(numbers), 2)
    same = {"kind": ["image"] * len(names), "split": ["test"] * len(names)}
    return pa.table({**same, "item_id": pa.array(names, pa.string()), "vector": vectors})


def test_what_is_written_is_read_and_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert arrow.write(tmp_path / name / "t.arrow", SCHEMA, rows("x", "y")) == 2
    found = arrow.read(tmp_path / "a/t.arrow", name="embeddings")
    assert found.schema.equals(SCHEMA.columns)
    assert found.to_pylist() == rows("x", "y").to_pylist()
    assert (tmp_path / "a/t.arrow").read_bytes() == (tmp_path / "b/t.arrow").read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["t.arrow"]


def test_rows_that_were_put_together_of_parts_are_one_batch(tmp_path: Path) -> None:
    parts = pa.concat_tables([rows("w", "x"), rows("y", "z")])
    assert parts["vector"].num_chunks == 2
    arrow.write(tmp_path / "t", SCHEMA, parts)
    found = arrow.read(tmp_path / "t", name="embeddings")
    assert found["vector"].num_chunks == 1
    assert found["item_id"].to_pylist() == ["w", "x", "y", "z"]


def test_reading_takes_no_memory_and_copies_no_number(tmp_path: Path) -> None:
    arrow.write(tmp_path / "t", SCHEMA, rows(*(f"{i:05d}" for i in range(50_000))))
    before = pa.total_allocated_bytes()
    found = arrow.read(tmp_path / "t", name="embeddings")
    numbers = found["vector"].chunk(0).flatten().to_numpy(zero_copy_only=True)
    assert found["vector"].num_chunks == 1
    assert pa.total_allocated_bytes() - before < 10_000
    assert numbers[:4].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a")])
def test_rows_out_of_order_or_twice_are_refused_and_leave_nothing(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(TableError, match=r"embeddings: rows must be unique and ascending in \('kind', 'split', 'item"):
        arrow.write(tmp_path / "t", SCHEMA, rows(*names))
    assert not list(tmp_path.iterdir())


def test_a_missing_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"t: no embeddings table here; run `dvc repro` to make it"):
        arrow.read(tmp_path / "t", name="embeddings")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"photo_id,vector\n")
    with pytest.raises(TableError, match=r"t: not an Arrow file: .*; run `dvc repro` again"):
        arrow.read(tmp_path / "t", name="embeddings")
