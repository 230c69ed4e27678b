import subprocess
from pathlib import Path

import pytest

from crackpipe.errors import CrackpipeError
from crackpipe.results import clone

AUTHOR = ["-c", "user.name=a", "-c", "user.email=a@example.org"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "metrics").mkdir(parents=True)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    (folder / "dvc.lock").write_text("committed\n")
    (folder / "metrics" / "a.json").write_text("committed\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def test_a_clone_stands_on_head_and_has_no_uncommitted_change(root: Path, tmp_path: Path):
    (root / "dvc.yaml").write_text("changed\n")
    assert clone.is_dirty(root)
    commit = clone.update(root, tmp_path / "clone")
    assert commit == clone.head(root) == clone.head(tmp_path / "clone")
    assert (tmp_path / "clone" / "dvc.yaml").read_text() == "stages: {}\n"


def test_an_untracked_file_is_no_uncommitted_change(root: Path):
    (root / "notes.txt").touch()
    assert not clone.is_dirty(root)


def test_results_of_an_earlier_run_are_no_uncommitted_change(root: Path):
    (root / "results/a").mkdir(parents=True)
    (root / "results/a/run.json").write_text("{}\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "a run")
    (root / "results/a/run.json").write_text('{"another": 1}\n')
    assert not clone.is_dirty(root)


def test_an_update_brings_new_code_and_keeps_what_a_run_left(root: Path, tmp_path: Path):
    folder = tmp_path / "clone"
    clone.update(root, folder)
    (folder / "dvc.lock").write_text("of the run\n")
    (folder / "metrics" / "a.json").write_text("of the run\n")
    (folder / "data").mkdir()
    (folder / "data" / "table").touch()
    (root / "dvc.yaml").write_text("stages: {new: {}}\n")
    git(root, "commit", "--quiet", "--all", "-m", "second")
    assert clone.update(root, folder) == clone.head(root)
    assert (folder / "dvc.yaml").read_text() == "stages: {new: {}}\n"
    assert (folder / "dvc.lock").read_text() == "of the run\n"
    assert (folder / "metrics" / "a.json").read_text() == "of the run\n"
    assert (folder / "data" / "table").exists()


def test_an_update_at_the_same_commit_changes_nothing(root: Path, tmp_path: Path):
    folder = tmp_path / "clone"
    clone.update(root, folder)
    (folder / "dvc.lock").write_text("of the run\n")
    clone.update(root, folder)
    assert (folder / "dvc.lock").read_text() == "of the run\n"


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path):
    with pytest.raises(CrackpipeError, match=r"git rev-parse in .*not a git repository"):
        clone.head(tmp_path)


def test_a_folder_below_the_top_is_refused(root: Path):
    with pytest.raises(CrackpipeError, match="inside the repository project/, expected its top"):
        clone.head(root / "metrics")


def test_a_mirror_has_real_folders_and_a_link_for_each_file(tmp_path: Path):
    source = tmp_path / "source"
    (source / "train" / "sub").mkdir(parents=True)
    (source / "train" / "sub" / "1.jpg").write_text("pixels")
    (source / "list.txt").write_text("1")
    (source / ".hidden").touch()
    target = tmp_path / "raw" / "set"
    assert clone.mirror(source, target) == 2
    assert not (target / "train" / "sub").is_symlink()
    assert (target / "train" / "sub" / "1.jpg").read_text() == "pixels"
    assert (target / "list.txt").is_symlink()
    (source / "list.txt").unlink()
    assert clone.mirror(source, target) == 1
    assert [path.name for path in target.iterdir()] == ["train"]


def test_a_mirror_in_the_place_of_a_link_leaves_the_linked_folder_alone(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "1.jpg").write_text("pixels")
    (tmp_path / "link").symlink_to(source)
    clone.mirror(source, tmp_path / "link")
    assert (source / "1.jpg").read_text() == "pixels"
    assert not (tmp_path / "link").is_symlink()


def test_a_mirror_never_replaces_its_own_source(tmp_path: Path):
    photo = tmp_path / "raw" / "crack500" / "photo.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"photo")
    for target in (photo.parent, tmp_path / "raw", photo.parent / "inside"):
        with pytest.raises(CrackpipeError, match="overlaps it, and would be rebuilt; name another target"):
            clone.mirror(photo.parent, target)
    assert photo.read_bytes() == b"photo"


def test_an_update_that_was_killed_halfway_gives_back_what_it_had_put_aside(root: Path, tmp_path: Path):
    folder = tmp_path / "clone"
    clone.update(root, folder)
    aside = folder / ".git" / "kept-by-crackpipe" / "metrics"
    aside.mkdir(parents=True)
    (aside / "few.json").write_text("{}")
    clone.update(root, folder)
    assert (folder / "metrics" / "few.json").read_text() == "{}"


def keep(folder: Path, name: str, text: str) -> None:
    """Put a result into the own cache of a clone, as DVC does: read-only."""
    path = folder / ".dvc/cache" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o444)


def cached(cache: Path) -> dict[str, str]:
    return {str(path.relative_to(cache)): path.read_text() for path in cache.rglob("*") if path.is_file()}


def test_clones_share_a_cache_and_results_of_earlier_runs_move_there(tmp_path: Path):
    cache, one, two = (tmp_path / name for name in ("cache", "one", "two"))
    listing, output, outputs = "files/md5/ab/cd.dir", "files/md5/ab/ef", "runs/12/1234/5678"
    for folder, names in ((one, (listing, output, outputs)), (two, (output, "files/md5/00/11"))):
        for name in names:
            keep(folder, name, name)
    for folder in (one, two):
        clone.share_cache(folder, cache)
        assert not (folder / ".dvc/cache").exists()
        assert (folder / ".dvc/config.local").read_text() == "[cache]\ndir = ../../cache\n\n"
    assert cached(cache) == {name: name for name in (listing, output, outputs, "files/md5/00/11")}


def test_results_move_before_the_lists_that_name_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """So that a kill halfway leaves no list of files that are not there."""
    names = ["files/md5/ab/cd.dir", "files/md5/zz/ef", "runs/12/1234/5678", "files/md5/aa/aa"]
    moved: list[str] = []
    move = clone.shutil.move

    def noted(source: Path, target: Path) -> None:
        moved.append(str(source.relative_to(tmp_path / "one/.dvc/cache")))
        move(source, target)

    monkeypatch.setattr(clone.shutil, "move", noted)
    for name in names:
        keep(tmp_path / "one", name, name)
    clone.share_cache(tmp_path / "one", tmp_path / "cache")
    assert moved == ["files/md5/aa/aa", "files/md5/zz/ef", "files/md5/ab/cd.dir", "runs/12/1234/5678"]


def test_other_settings_of_the_clone_stay_and_a_second_call_writes_nothing(tmp_path: Path):
    config = tmp_path / "one/.dvc/config.local"
    config.parent.mkdir(parents=True)
    config.write_text("['remote \"store\"']\n    url = s3://bucket/%20\n[cache]\n    type = hardlink\n")
    clone.share_cache(tmp_path / "one", tmp_path / "cache")
    text = config.read_text()
    for line in ("['remote \"store\"']", "url = s3://bucket/%20", "type = hardlink", "dir = ../../cache"):
        assert line in text
    before = config.stat().st_mtime_ns
    clone.share_cache(tmp_path / "one", tmp_path / "cache")
    assert config.stat().st_mtime_ns == before
