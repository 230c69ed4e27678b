"""Files that appear whole or not at all."""

from pathlib import Path

import pytest

from crackpipe.files import atomic


def break_off(path: Path) -> None:
    with atomic.replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt


def test_a_file_takes_its_name_when_the_body_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.parquet"
    with atomic.replacing(path) as temporary:
        assert temporary.parent == path.parent
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_after_an_error_the_old_file_is_as_it_was_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        break_off(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["0.5.json", "linear.parquet", "part-0000.parquet"])
def test_what_a_kill_leaves_is_not_taken_for_a_finished_file(name: str, tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / name) as temporary:
        temporary.write_text("half")  # as a kill would leave it
        assert temporary.exists()
        assert list(tmp_path.glob(f"*{Path(name).suffix}")) == []


def test_after_an_error_no_new_file_is_there(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        break_off(tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.replacing(tmp_path / "a.json"):
        pass


def test_durable_bytes_are_on_the_disk_before_the_file_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "state.pt", []
    monkeypatch.setattr("os.fsync", lambda _: synced.append(path.exists()))
    for durable in (False, True):
        with atomic.replacing(path, durable=durable) as temporary:
            temporary.write_bytes(b"state")
        path.unlink()
    assert synced == [False]


def test_bytes_and_texts_are_written_as_they_are(tmp_path: Path) -> None:
    atomic.write_bytes(tmp_path / "a.bin", b"\0\r\n")
    atomic.write_text(tmp_path / "a.txt", "Ⅱ – ß\n")
    assert (tmp_path / "a.bin").read_bytes() == b"\0\r\n"
    assert (tmp_path / "a.txt").read_bytes() == "Ⅱ – ß\n".encode()
