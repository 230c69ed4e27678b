"""Results are written over no input, and over no other file than an earlier result."""

from pathlib import Path

import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.files import own_results

COLUMNS = ["rank", "photo_id"]


def test_new_files_and_earlier_results_may_be_written(tmp_path: Path) -> None:
    sheet, table = tmp_path / "s.png", tmp_path / "s.csv"
    own_results.expect_own(sheet, table=table, columns=COLUMNS)
    table.write_text("rank,photo_id\n1,a\n")
    sheet.write_bytes(b"a sheet")
    own_results.expect_own(sheet, table=table, columns=COLUMNS)


@pytest.mark.parametrize(("name", "text"), [("s.png", "a photograph"), ("s.csv", "rank,name\n"), ("s.csv", "\xff")])
def test_other_files_are_kept(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises(CrackpipeError, match=rf"{name}: is there and is no result of this command; .*--out"):
        own_results.expect_own(tmp_path / "s.png", table=tmp_path / "s.csv", columns=COLUMNS)


def test_an_input_is_kept_by_whatever_path_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a photograph")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(CrackpipeError, match=r"a\.jpg: is one of the photographs; name another file with --out"):
        own_results.expect_none_of([tmp_path / "a.jpg"], out=tmp_path / "link/a.jpg")
    own_results.expect_none_of([tmp_path / "a.jpg"], out=tmp_path / "b.jpg")
