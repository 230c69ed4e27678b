"""Run the whole pipeline on real data, apart from the user's working tree, and keep its figures.

``results/<name>/`` holds ``params.yaml``, ``metrics/*.json`` and ``run.json`` (date, commit, code, overrides, machine,
stages at a time, the seconds of each, and which of them ran beside another). It is written by a finished run, never by
hand, and tells nothing of where the data lay.
"""

import contextlib
import dataclasses
import datetime
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from crackpipe import console, params
from crackpipe.compute import hardware
from crackpipe.data.datasets import catalogue
from crackpipe.errors import CrackpipeError, ParamsError
from crackpipe.files import fingerprint
from crackpipe.params import compose
from crackpipe.results import clone, dvc_lock, side_by_side, stage_clock
from crackpipe.results.dvc_lock import Took
from crackpipe.results.stage_clock import StageClock

MAX_METRICS_BYTES = 1_000_000  # larger files are plot data, not figures
_SAVE_SECONDS = 5.0
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def run(
    root: Path,
    *,
    name: str,
    results: str,
    data: Path,
    scale: str,
    overrides: Sequence[str],
    until: Sequence[str],
    jobs: int = 1,
) -> Path:
    """Run the pipeline of the project at ``root`` at its HEAD, with ``dataset=<name>``; return ``results/<results>``.

    It runs in a clone, ``.runs/<name>/``, whatever the overrides: stages that these leave alone are skipped. A second
    call goes on where an interrupted one stopped. A stage that has run in another clone is restored, see
    :func:`clone.share_cache`.

    Args:
        root: top of the project's git repository.
        name: of the dataset, a file of ``conf/dataset``.
        results: name of the folder to write; what it holds is replaced.
        data: holds one folder per source of the dataset; its files are linked, never changed.
        scale: a file of ``conf/scale``.
        overrides: ``key=value`` with dotted keys.
        until: run these stages and those that they need; none runs all. Metrics of other stages are not kept.
        jobs: stages at a time. Those that run beside another take longer, each by itself.

    Returns:
        The folder of results.

    Raises:
        DatasetError: a source's folder is missing or laid out otherwise; nothing has been done then.
        ParamsError: no such dataset, scale or key, or a value out of range; likewise.
        CrackpipeError: ``results`` is no plain name (likewise), there is no such stage, a stage failed, git
            failed, or the same dataset is being run already.
    """
    if not _PLAIN.fullmatch(results):
        raise CrackpipeError(
            f"--results: got {results!r}; expected a plain name such as {name}_labels (letters, digits, '_', '-', "
            "'.'), as the folder of that name below results/ is replaced"
        )
    settings = ["dataset=" + name, "scale=" + scale, *overrides]
    raw, sources = _sources(root / "conf", name=name, scale=scale, overrides=overrides)
    for source in sources:
        next(catalogue.read(source, raw=data))
    folder = root / ".runs" / name
    folder.parent.mkdir(exist_ok=True)
    with _locked(folder.with_suffix(".lock"), name=name) as lock:
        dirty = clone.is_dirty(root)
        if dirty:
            console.say("uncommitted changes are not part of this run: it runs HEAD")
        commit = clone.update(root, folder)
        clone.share_cache(folder, folder.with_name(clone.CACHE))
        _call(folder, "crackpipe", "configure", "--fresh", *settings)
        for source in sources:
            _, below = catalogue.dataset_and_folder(source)
            console.say(f"{source}: {clone.mirror(data / below, folder / raw / below)} files linked")
        stages = _stages(folder)
        names = {stage.partition("@")[0]: None for stage in stages}
        for wanted in until:
            if wanted not in names:
                raise CrackpipeError(f"--until: got {wanted!r}, expected one of {', '.join(names)}")
        if dropped := dvc_lock.drop_others(folder, keep=stages):
            console.say(f"set aside what other overrides have left: {', '.join(dropped)}")
        took = reproduce(folder, until=until, jobs=jobs, lock=lock)
        target = root / "results" / results
        metrics = _metrics(folder, stages=side_by_side.needed(folder, until) if until else None)
        return write(
            target,
            folder,
            metrics=metrics,
            commit=commit,
            dirty=dirty,
            overrides=overrides,
            jobs=jobs,
            took=took,
        )


def reproduce(folder: Path, *, until: Sequence[str] = (), jobs: int = 1, lock: int | None = None) -> dict[str, Took]:
    """Run ``crackpipe repro`` in ``folder``, showing and logging its output; tell how long the stages took it needs.

    Log and times lie beside it. A stage that DVC skips, or takes from the cache, keeps the time of when it ran. A stage
    that went on after the program above it had been killed has none.

    Args:
        folder: a clone of the project.
        until: run these stages and those that they need; none runs all.
        jobs: stages at a time.
        lock: file descriptor that ``crackpipe repro`` keeps open until it ends.

    Raises:
        CrackpipeError: a stage failed; the stages before it are finished and will be skipped by the next call.
    """
    clock_path, log = folder.with_suffix(".clock.json"), folder.with_suffix(".log")
    history = folder.with_suffix(".seconds.json")
    others = sorted(set(folder.parent.glob("*.seconds.json")) - {history})
    clock = stage_clock.load(clock_path)
    before = dict(clock.seconds)
    command = [sys.executable, "-m", "crackpipe", "repro", "--jobs", str(jobs), *until]
    try:
        with subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            pass_fds=() if lock is None else (lock,),
        ) as process:
            assert process.stdout is not None
            _follow(process.stdout, clock, clock_path=clock_path, log=log)
            status = process.wait()
    finally:
        clock.interrupt(now=time.monotonic())
        clock.save(clock_path)
        finished = {
            name: Took(clock.seconds[name], name in clock.beside) for name, end in clock.finished.items() if end
        }
        ran = {name for name in finished if clock.seconds[name] != before.get(name)}
        dvc_lock.remember(folder, finished, ran=ran, history=history, others=others)
    if status:
        what = f"stage {' and '.join(clock.failed)} failed" if clock.failed else "crackpipe repro stopped"
        raise CrackpipeError(
            f"{folder.name}: {what} (status {status}); its output is in {log.parent.name}/{log.name}; "
            "mend the cause, commit, and call again: finished stages are skipped"
        )
    known = dvc_lock.recall(folder, history=history, others=others)
    return {name: known[name] for name in sorted(side_by_side.needed(folder, until)) if name in known}


def _follow(lines: Iterable[str], clock: StageClock, *, clock_path: Path, log: Path) -> None:
    """Show and log each line, and each state of a progress bar, as it comes; times are saved every few seconds."""
    saved = time.monotonic()
    with log.open("a", encoding="utf-8") as file:
        for line in lines:
            sys.stdout.write(line)
            sys.stdout.flush()
            file.write(line)
            file.flush()
            now = time.monotonic()
            clock.read(line, now=now)
            if now - saved > _SAVE_SECONDS:
                clock.save(clock_path)
                saved = now


def write(
    target: Path,
    folder: Path,
    *,
    metrics: Iterable[Path],
    commit: str,
    dirty: bool,
    overrides: Sequence[str],
    jobs: int,
    took: Mapping[str, Took],
) -> Path:
    """Write the results of the finished run in ``folder`` to ``target``; it appears whole or not at all.

    Args:
        target: folder to write; what it holds is replaced.
        folder: the clone in which the pipeline has run.
        metrics: files to copy; those above ``MAX_METRICS_BYTES`` are left out.
        commit: of the clone, 40 hex digits.
        dirty: whether the project had changes beside it.
        overrides: ``key=value`` of the run.
        jobs: stages at a time; of the stages that earlier calls have finished it may have been another number.
        took: of each stage.

    Returns:
        ``target``.
    """
    unfinished = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "metrics").mkdir(parents=True)
    shutil.copyfile(folder / "params.yaml", unfinished / "params.yaml")
    for path in metrics:
        if path.stat().st_size <= MAX_METRICS_BYTES:
            shutil.copyfile(path, unfinished / "metrics" / path.name)
    rounded = {name: round(one.seconds, 1) for name, one in took.items()}
    record = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit,
        "code": _code(folder),
        "dirty": dirty,
        "overrides": list(overrides),
        "jobs": jobs,
        "machine": dataclasses.asdict(hardware.describe()),
        "seconds": rounded,
        "beside": [name for name, one in took.items() if one.beside],
        "total_seconds": round(sum(rounded.values()), 1),
    }
    (unfinished / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    unfinished.replace(target)
    return target


def _code(folder: Path) -> str | None:
    """Fingerprint of the code of all stages, which commits of results and pages leave as it is."""
    stages = folder / "data/code"
    return fingerprint.of(None, [stages]) if stages.is_dir() else None


def _metrics(folder: Path, *, stages: Collection[str] | None) -> list[Path]:
    """Metrics in ``folder`` that these stages have written; ``None``: all. A clone brings along those of the demo."""
    paths = sorted((folder / "metrics").glob("*.json"))
    if stages is None:
        return paths
    written = dvc_lock.outputs(folder, stages=stages)
    counts = folder / "data/ingest.json"  # `summarise` makes metrics/ingest.json of it, and may not be among them
    kept = [path for path in paths if path.relative_to(folder).as_posix() in written]
    return kept if any(path.name == counts.name for path in kept) or not counts.is_file() else [*kept, counts]


def _sources(conf: Path, *, name: str, scale: str, overrides: Sequence[str]) -> tuple[str, list[str]]:
    """Folder of the raw data, below the project, and the sources of the composition that need data."""
    ingest = params.check(compose.values(conf, dataset=name, scale=scale, overrides=overrides), where=name).ingest
    raw = Path(ingest.raw)
    if raw.is_absolute() or ".." in raw.parts:
        raise ParamsError(
            f"ingest.raw: got {ingest.raw}, but a run on other data links them into a folder inside its clone; use a "
            "relative path such as data/raw, and name where the data lie with --data"
        )
    return ingest.raw, [source.name for source in ingest.sources if source.name != "demo"]


def _stages(folder: Path) -> list[str]:
    """Stages of the pipeline in ``folder`` with its present parameters, as ``dvc repro`` would run them."""
    command = [sys.executable, "-m", "dvc", "stage", "list", "--name-only", "--fail"]
    done = subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True)
    if done.returncode:
        raise CrackpipeError(f"{folder.name}: dvc.yaml cannot be read: {done.stderr.strip()}")
    return done.stdout.split()


@contextlib.contextmanager
def _locked(path: Path, *, name: str) -> Iterator[int]:
    """Descriptor of the file that is locked, also by programs that it is handed to."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CrackpipeError(f"{name}: this dataset is being run already; wait for that run, or end it") from None
        yield lock.fileno()


def _environment() -> dict[str, str]:
    """Environment of the clone's stages: they take this interpreter, and write their lines at once."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _call(folder: Path, module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=folder, env=_environment())
    if done.returncode:
        raise CrackpipeError(f"{folder.name}: `{module} {' '.join(arguments)}` failed with status {done.returncode}")
