"""The journal of a survey: what it holds after kills, full disks and moves, and what it costs."""

import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from crackpipe.apply.survey import journal
from crackpipe.apply.survey.journal import Entry, Journal
from crackpipe.errors import CrackpipeError


def entry(name: str, photo: Path, *, cracks: int = 1) -> Entry:
    """What is known of a photograph on disk."""
    return Entry(
        name=name,
        photo=str(photo),
        stamp=journal.stamp(photo),
        digest=journal.digest(photo.read_bytes()),
        segmenter="s",
        measurer="m",
        row={"photo": str(photo), "name": name, "cracks": cracks},
        cracks=[{"crack": number, "lines": [[[1.5, 2.0], [3.0, 4.0]]]} for number in range(1, cracks + 1)],
    )


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"pixels")
    return path


def test_the_last_entry_of_a_name_is_read_back_as_it_was_written(photo: Path, tmp_path: Path) -> None:
    book = Journal(tmp_path / "out")
    for number in (1, 2):
        book.begin("a")
        book.add(entry("a", photo, cracks=number))
    for found in (book, Journal(tmp_path / "out")):
        assert found.unchanged("a", photo) == entry("a", photo, cracks=2)
        assert list(found.entries(["a"])) == [entry("a", photo, cracks=2)]
        assert found.has_begun("a")
        assert found.unchanged("b", photo) is None


@pytest.mark.parametrize("kept", range(1, 40, 3))
def test_a_line_cut_short_anywhere_spoils_neither_those_before_nor_the_next(
    kept: int, photo: Path, tmp_path: Path
) -> None:
    path = tmp_path / journal.FILE
    book = Journal(tmp_path)
    book.begin("a")
    book.add(entry("a", photo))
    whole = path.read_bytes()
    book.begin("b")
    path.write_bytes(whole + path.read_bytes()[len(whole) :][:kept].rstrip(b"\n"))
    for found in (Journal(tmp_path), book):  # after a kill, and in the process whose disk was full
        found.begin("c")
        found.add(entry("c", photo))
        read = Journal(tmp_path)
        assert read.unchanged("a", photo) is not None
        assert read.unchanged("c", photo) is not None
        assert read.has_begun("c")


def test_an_entry_cut_short_is_none_and_its_results_are_still_the_surveys_own(photo: Path, tmp_path: Path) -> None:
    book = Journal(tmp_path)
    book.begin("a")
    book.add(entry("a", photo))
    path = tmp_path / journal.FILE
    path.write_bytes(path.read_bytes()[:-10])
    found = Journal(tmp_path)
    assert found.unchanged("a", photo) is None
    assert found.has_begun("a")
    with pytest.raises(CrackpipeError, match=r"inspected\.jsonl: the entry of a is gone; run the command again"):
        list(found.entries(["a"]))


def test_a_photograph_with_another_date_or_place_is_read_once_and_known_by_its_present_path(
    photo: Path, tmp_path: Path
) -> None:
    Journal(tmp_path).add(entry("a", photo))
    moved = photo.rename(tmp_path / "moved.jpg")
    os.utime(moved, ns=(1, 1))
    found = Journal(tmp_path).unchanged("a", moved)
    assert found == entry("a", moved)
    size = (tmp_path / journal.FILE).stat().st_size
    assert Journal(tmp_path).unchanged("a", moved) == found
    assert (tmp_path / journal.FILE).stat().st_size == size
    moved.write_bytes(b"others")
    assert Journal(tmp_path).unchanged("a", moved) is None


def test_threads_that_append_at_once_lose_no_entry(photo: Path, tmp_path: Path) -> None:
    book, names = Journal(tmp_path), [f"{number:03}" for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: book.add(entry(name, photo, cracks=60)), names))
    for found in (book, Journal(tmp_path)):
        assert [each.name for each in found.entries(names)] == names


def test_names_of_any_bytes_are_kept(photo: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b'\xff"\n\\')
    Journal(tmp_path).add(replace(entry(odd, photo), photo=odd))
    (found,) = Journal(tmp_path).entries([odd])
    assert (found.name, found.photo) == (odd, odd)


def test_a_long_journal_costs_its_names_alone(photo: Path, tmp_path: Path) -> None:
    book = Journal(tmp_path)
    for number in range(300):
        book.add(entry(f"{number:05}", photo, cracks=50))
    size = (tmp_path / journal.FILE).stat().st_size
    tracemalloc.start()
    found = Journal(tmp_path)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 300 * 500 < size / 4
    assert sum(len(each.cracks) for each in found.entries(["00007", "00299"])) == 100
