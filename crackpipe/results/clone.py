"""A clone of HEAD under ``.runs/``, where the pipeline can run without touching the user's working tree."""

import configparser
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from crackpipe.errors import CrackpipeError
from crackpipe.files import atomic

REWRITTEN = ("dvc.lock", "metrics/plots", "metrics/*.json")
"""Committed files that a run rewrites; they, the cache and data/ outlive an update."""

CACHE = "cache"
"""Folder beside the clones that holds DVC's results of all of them."""


def head(root: Path) -> str:
    """Commit that the repository at ``root`` stands on, 40 hex digits.

    Raises:
        CrackpipeError: ``root`` is not the top of a git repository with a commit.
    """
    top = Path(_git(root, "rev-parse", "--show-toplevel")).resolve()
    if top != root.resolve():
        raise CrackpipeError(f"{root}: inside the repository {top.name}/, expected its top; change to it first")
    return _git(root, "rev-parse", "HEAD")


def is_dirty(root: Path) -> bool:
    """Look up whether tracked files of the working tree differ from HEAD; a clone has none of these changes.

    Those of ``results/`` are left out: earlier runs of a series write them.
    """
    return bool(_git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!results"))


def update(root: Path, folder: Path) -> str:
    """Clone the repository at ``root`` to ``folder``, or bring the clone there to its HEAD; return the commit.

    Files of earlier runs in the clone stay: data, models, checkpoints, DVC's cache and lock file, and metrics, so
    that DVC goes on where it stopped and repeats only the stages whose inputs have changed.

    Args:
        root: top of a git repository.
        folder: of the clone; made where it is missing.

    Raises:
        CrackpipeError: git fails; its own text is part of the error.
    """
    commit = head(root)
    if not (folder / ".git").exists():
        shutil.rmtree(folder, ignore_errors=True)  # a clone that was killed halfway
        unfinished = folder.with_name(f"{folder.name}.tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        _git(root, "clone", "--quiet", "--no-checkout", str(root.resolve()), str(unfinished))
        unfinished.rename(folder)
    aside = folder / ".git" / "kept-by-crackpipe"
    if _git(folder, "rev-parse", "HEAD") == commit and (folder / "dvc.yaml").exists():
        _move(REWRITTEN, aside, folder)  # an update that was killed halfway left them there
        return commit
    _move(REWRITTEN, folder, aside)
    _git(folder, "fetch", "--quiet", "origin", "HEAD")
    _git(folder, "checkout", "--quiet", "--force", "--detach", commit)
    _move(REWRITTEN, aside, folder)
    return commit


def share_cache(folder: Path, cache: Path) -> None:
    """Let the clone in ``folder`` keep DVC's results in ``cache``, where other clones of the project find them.

    A stage that has run in one of them, on the same inputs, is then restored in the others. Results of earlier runs,
    in the clone's own cache, move there; a call that is killed meanwhile is gone on with by the next.

    Args:
        folder: of the clone; its ``.dvc/config.local`` is written, and keeps what else it says.
        cache: made with the first result. The clones reach it by a relative path: the project can be moved.
    """
    own, config = folder / ".dvc" / "cache", folder / ".dvc" / "config.local"
    results = (path for path in own.rglob("*") if path.is_file())
    for path in sorted(results, key=_names_others):
        shared = cache / path.relative_to(own)
        if not shared.exists():
            with atomic.replacing(shared) as temporary:  # the clone may lie on another disk
                shutil.move(path, temporary)
    shutil.rmtree(own, ignore_errors=True)
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(config, encoding="utf-8")
    place = os.path.relpath(cache, config.parent)
    if settings.get("cache", "dir", fallback=None) != place:
        settings.read_dict({"cache": {"dir": place}})
        with atomic.replacing(config) as temporary, temporary.open("w", encoding="utf-8") as stream:
            settings.write(stream)


def mirror(source: Path, target: Path) -> int:
    """Rebuild ``target`` as folders like those of ``source``, with a link for each file; return the number of links.

    A link for a whole folder would not do: DVC does not look into it, and would miss that its files have changed.
    Hidden files are left out.

    Raises:
        CrackpipeError: the target is the source or overlaps it; nothing has been touched then.
    """
    here, there = source.resolve(), target.absolute()
    if here == there or here in there.parents or there in here.parents:
        raise CrackpipeError(f"{target}: is {source} or overlaps it, and would be rebuilt; name another target")
    if target.is_symlink():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
    links = 0
    for folder, names, files in os.walk(source.resolve(), followlinks=True):
        names[:] = sorted(name for name in names if not name.startswith("."))
        copy = target / Path(folder).relative_to(source.resolve())
        copy.mkdir(parents=True)
        for name in files:
            if not name.startswith("."):
                (copy / name).symlink_to(Path(folder, name).resolve())
                links += 1
    return links


def _names_others(path: Path) -> int:
    """Order in which results move: files, lists of a folder's files, lists of a stage's outputs."""
    return 2 if "runs" in path.parts[-4:] else int(path.suffix == ".dir")


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    """Move those entries (patterns) that ``source`` holds; those in their place in ``target`` go."""
    for name in names:
        for entry in sorted(source.glob(name)):
            moved = target / entry.relative_to(source)
            moved.parent.mkdir(parents=True, exist_ok=True)
            if moved.is_dir():
                shutil.rmtree(moved)
            entry.replace(moved)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise CrackpipeError(f"git {arguments[0]} in {folder}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()
