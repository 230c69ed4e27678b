"""The table of scales, line by line, and what the options accept."""

from pathlib import Path

import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.imaging.scale import ScaleSources, read_table


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "scales.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_table_gives_each_photograph_its_scale(tmp_path: Path) -> None:
    text = 'photo,mm_per_px\r\nwall/a.jpg,0.25\r\n"b, left.jpg", 1e-1\r\n\r\nwall/a.jpg,0.25\r\n'
    for encoding in ("utf-8", "utf-8-sig"):
        found = read_table(written(tmp_path, text, encoding=encoding))
        assert found == {"wall/a.jpg": 0.25, "b, left.jpg": 0.1}
    assert read_table(written(tmp_path, "mm_per_px,photo\n0.5,a.jpg")) == {"a.jpg": 0.5}


def test_a_photograph_is_known_by_its_whole_name_or_its_files() -> None:
    sources = ScaleSources(table={"a.jpg": 1.0, "east/a.jpg": 2.0})
    assert sources.of_table("east/a.jpg") == 2.0
    assert sources.of_table("west/a.jpg") == 1.0
    assert sources.of_table("west/b.jpg") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "photo,mm_per_pixel\na,1",
            "line 1: unknown column 'mm_per_pixel', expected photo and mm_per_px; did you mean mm_per_px?",
        ),
        (
            "photo;mm_per_px\na;1",
            "line 1: unknown column 'photo;mm_per_px', expected photo and mm_per_px; separate columns by commas",
        ),
        (
            "photo\na",
            "line 1: column 'mm_per_px' is there 0 times, expected once; let the first line be photo,mm_per_px",
        ),
        ("", "line 1: column 'photo' is there 0 times, expected once; let the first line be photo,mm_per_px"),
        (
            "photo,mm_per_px\na,1\nb,wide",
            "line 3: mm_per_px of b is 'wide', which is no number; write it as 0.25, with a point",
        ),
        ("photo,mm_per_px\na", "line 2: mm_per_px of a is '', which is no number; write it as 0.25, with a point"),
        ("photo,mm_per_px\na,0", "line 2: mm_per_px of a is 0, expected a length above 0"),
        ("photo,mm_per_px\na,-1", "line 2: mm_per_px of a is -1, expected a length above 0"),
        ("photo,mm_per_px\na,nan", "line 2: mm_per_px of a is nan, expected a length above 0"),
        ("photo,mm_per_px\n,1", "line 2: no photograph is named; fill the column photo, or delete the line"),
        (
            "photo,mm_per_px\na,0,25",
            "line 2: 3 cells, expected 2; write numbers with a point, and names that have a comma in quotes",
        ),
        ("photo,mm_per_px\na,1\na,2", "line 3: a has mm_per_px 2 here and 1 in an earlier line; keep the right one"),
    ],
)
def test_a_wrong_table_is_told_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CrackpipeError) as error:
        read_table(path)
    assert str(error.value) == f"{path}, {told}"


def test_a_table_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match=r"none\.csv: cannot be read as a table: .*; expected a CSV file in UTF-8"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(CrackpipeError, match="cannot be read as a table"):
        read_table(written(tmp_path, "photo,mm_per_px\nMäuer,1", encoding="latin-1"))


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ({"mm_per_px": 0.0}, "--mm-per-px: got 0, expected a length in mm above 0"),
        ({"marker_mm": -5.0}, "--marker-mm: got -5, expected a length in mm above 0"),
        ({"distance_m": float("inf")}, "--distance-m: got inf, expected a length in m above 0"),
    ],
)
def test_a_figure_that_is_no_length_is_refused(sources: dict[str, float], told: str) -> None:
    with pytest.raises(CrackpipeError) as error:
        ScaleSources(**sources)  # type: ignore[arg-type]
    assert str(error.value) == told
