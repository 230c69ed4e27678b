"""Fingerprints: equal for equal values and bytes, another for anything else."""

from pathlib import Path

from crackpipe.files import fingerprint


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_the_fingerprint_changes_with_values_names_and_bytes(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", a="xb", b="y")
    first = fingerprint.of({"lr": 0.1, "n": 2}, [folder])
    assert fingerprint.of({"n": 2, "lr": 0.1}, [folder]) == first
    assert fingerprint.of({"lr": 0.2, "n": 2}, [folder]) != first
    assert fingerprint.of({"lr": 0.1, "n": 2}, [folder / "a", folder / "b"]) == first
    write(folder, b="z")
    assert fingerprint.of({"lr": 0.1, "n": 2}, [folder]) != first
    write(folder, b="y")
    assert fingerprint.of({"lr": 0.1, "n": 2}, [folder]) == first
    (folder / "b").rename(folder / "c")
    assert fingerprint.of({"lr": 0.1, "n": 2}, [folder]) != first


def test_bytes_that_move_from_one_file_to_the_next_change_the_fingerprint(tmp_path: Path) -> None:
    one = fingerprint.of(0, [write(tmp_path / "one", a="xb", b="")])
    assert fingerprint.of(0, [write(tmp_path / "two", a="x", b="b")]) != one


def test_folders_inside_an_input_count_too(tmp_path: Path) -> None:
    write(write(tmp_path / "in", a="x") / "deep", b="y")
    first = fingerprint.of(0, [tmp_path / "in"])
    write(tmp_path / "in" / "deep", b="z")
    assert fingerprint.of(0, [tmp_path / "in"]) != first
