"""Run the stages of a DVC pipeline, those that do not need one another side by side.

``dvc repro`` runs one stage at a time, most of which keep one core busy: they start Python, load libraries, and wait
while DVC writes its lock. Here each worker is a process that calls ``dvc repro --single-item``, as a user would in
several terminals; DVC's own locks keep them apart, and what is written is what ``dvc repro`` writes. Outputs of cells
that are no longer asked for, which ``dvc repro`` leaves, are moved away.
"""

import contextlib
import multiprocessing
import os
import re
import select
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from crackpipe import console
from crackpipe.errors import CrackpipeError
from crackpipe.results import dvc_lock, stage_clock

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

Needs = Mapping[str, Collection[str]]  # by stage, the stages whose outputs it reads, in the order of dvc.yaml
ASIDE = Path(".runs/set_aside")
_BEGUN = re.compile(r"Running stage '")
_ENDS = re.compile(rb"[\r\n]")
# What DVC says of every stage and is true of the whole run or of none of it.
_NOISE = re.compile(
    r"\s*$|Running stage |Stage '.*' didn't change|Data and pipelines are up to date|Updating lock file|"
    r"Use `dvc push`|To track the changes|\s+git add |To enable auto staging|\s+dvc config core.autostage"
)


def repro(targets: Sequence[str] = (), *, jobs: int = 2) -> list[str]:
    """Bring the pipeline of the current folder's ``dvc.yaml`` up to date, as ``dvc repro`` does.

    Args:
        targets: names of stages or of cells, such as ``embed`` and ``embed@base``, brought up to date with all that
            they need; none means every stage.
        jobs: processes that run stages, from 1.

    Returns:
        The stages that DVC has looked at, in that order; each was run unless what it reads came out as it was before.

    Raises:
        CrackpipeError: ``jobs`` is below 1, there is no such stage, or a stage failed. Those that ran beside it are
            finished, no other was begun; the next call goes on there.
    """
    if jobs < 1:
        raise CrackpipeError(f"--jobs: got {jobs}, expected a whole number from 1")
    looked_at: dict[str, None] = {}
    before: Needs = {}
    with futures.ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        while (needs := _pending(targets)) and needs != before:  # a stage may be one that has always changed
            try:
                failed = _run_all(pool, needs, jobs=jobs)
            except BrokenProcessPool:
                raise CrackpipeError(
                    "a process that runs stages was killed; call again: finished stages are skipped"
                ) from None
            if failed:
                raise CrackpipeError(
                    f"stage {' and '.join(failed)} failed; what it said is above. Mend the cause and call again: "
                    "finished stages are skipped"
                )
            looked_at |= dict.fromkeys(needs)
            before = needs
    if not looked_at:
        console.say("Data and pipelines are up to date.")
    return list(looked_at)


def needed(folder: Path, targets: Sequence[str] = ()) -> list[str]:
    """List the stages of the pipeline in a folder that these stand on, up to date or not.

    Args:
        folder: holds ``dvc.yaml``.
        targets: as of :func:`repro`; the name of a stage means all its cells.

    Returns:
        Names of stages and cells, these among them, in the order of ``dvc.yaml``.

    Raises:
        CrackpipeError: DVC cannot read the pipeline.
    """
    import networkx

    with _repo(folder) as repo:
        graph = repo.index.graph
        own = _own(repo)
        wanted = [stage for stage in own if not targets or {stage.name, stage.name.partition("@")[0]} & set(targets)]
        found = {stage for one in wanted for stage in (one, *networkx.descendants(graph, one))}
        return [stage.name for stage in own if stage in found]


@contextlib.contextmanager
def _repo(folder: Path = Path()) -> Iterator["Repo"]:
    """DVC's view of the project in a folder; its errors are ours."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(os.fspath(folder)) as repo:
            yield repo
    except DvcException as error:
        raise CrackpipeError(str(error)) from None


def _own(repo: "Repo") -> "list[PipelineStage]":
    """Stages of dvc.yaml at the top."""
    return [stage for stage in repo.index.stages if stage.path_in_repo == "dvc.yaml"]


def _pending(targets: Sequence[str]) -> Needs:
    """Stages to look at next, each with those of them that it needs.

    These are the changed ones and all that follow. Where many follow a few, they are those of the few that follow none:
    it is quicker to ask once more what has changed by then, which may be nothing.
    """
    needs, changed = _read(targets)
    stale = _following(needs, changed)
    following = {name for one in changed for name in _following(needs, [one]) if name != one}
    chosen = set(changed) - following if 2 * len(changed) < len(stale) else set(stale)
    return {name: [need for need in needs[name] if need in chosen] for name in needs if name in chosen}


def _read(targets: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """What each stage needs, and the stages that DVC calls changed."""
    import networkx

    with _repo() as repo:
        graph = repo.index.graph
        found = [stage for target in targets for stage in repo.stage.collect(target)] if targets else _own(repo)
        chosen = {needed for stage in found for needed in (stage, *networkx.descendants(graph, stage))}
        stages = [stage for stage in repo.index.stages if stage in chosen]
        needs = {stage.addressing: [need.addressing for need in graph.successors(stage)] for stage in stages}
        if not targets:
            with repo.lock:
                _set_aside([stage.addressing for stage in repo.index.stages])
        # of named stages it would read dvc.yaml and dvc.lock again for each
        changed = repo.status(targets=list(targets), with_deps=True) if targets else repo.status()
    return needs, [name for name in needs if name in changed]


def _set_aside(names: Collection[str]) -> None:
    """Move away what cells that are no longer asked for have left: stages that read whole folders would read it."""
    dropped = dvc_lock.drop_others(Path(), keep=names, aside=ASIDE)
    if dropped:
        console.say(f"moved what other settings have left to {ASIDE}: {', '.join(dropped)}")


def _following(needs: Needs, changed: Collection[str]) -> list[str]:
    """The changed stages and all that read, directly or not, what one of them writes."""
    found = set(changed)
    for _ in needs:
        found |= {name for name, those in needs.items() if found.intersection(those)}
    return [name for name in needs if name in found]


def _heights(needs: Needs) -> dict[str, int]:
    """For each stage, how many stages stand one after another on it: the more, the sooner it should begin."""
    heights = dict.fromkeys(needs, 0)
    for _ in needs:
        for name, those in needs.items():
            for need in those:
                heights[need] = max(heights[need], heights[name] + 1)
    return heights


def _run_all(pool: futures.Executor, needs: Needs, *, jobs: int) -> list[str]:
    """Run each stage once those that it needs are done; return the stages that failed."""
    heights = _heights(needs)
    waiting, done = list(needs), set[str]()
    running: dict[futures.Future[bool], str] = {}
    failed: list[str] = []
    while running or (waiting and not failed):
        if not failed:
            _expect_reader()
            ready = [name for name in waiting if done.issuperset(needs[name])]
            for name in sorted(ready, key=lambda name: -heights[name])[: jobs - len(running)]:
                waiting.remove(name)
                running[pool.submit(_run_one, name)] = name
        for future in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
            name = running.pop(future)
            (done.add if future.result() else failed.append)(name)
    return failed


def _expect_reader() -> None:
    """Begin no other stage where the program that read our lines has been killed.

    Raises:
        CrackpipeError: it has.
    """
    poll = select.poll()
    poll.register(1, 0)  # errors alone
    if any(events & select.POLLERR for _, events in poll.poll(0)):
        raise CrackpipeError("whoever read these lines has gone; finished stages are skipped by the next call")


def _run_one(name: str) -> bool:
    """Run one stage in this process's folder, each line that it prints behind its name; return whether it went well.

    Where its command is run, lines of our own say that it begins, and after how many seconds it ended or failed; they
    have a dot behind the name, :mod:`crackpipe.results.stage_clock` reads them.
    """
    from dvc.cli import main

    read_end, write_end = os.pipe()
    kept = os.dup(1), os.dup(2)
    begun: list[float] = []
    printer = threading.Thread(target=_print_behind, args=(name, read_end, kept[0], begun))
    printer.start()
    status = 1
    try:
        os.dup2(write_end, 1)
        os.dup2(write_end, 2)
        status = main(["--wait-for-lock", "repro", "--single-item", name])
    finally:
        for number, was in zip((1, 2), kept, strict=True):
            os.dup2(was, number)
        os.close(write_end)
        printer.join()
        if begun:
            how = stage_clock.FAILED if status else stage_clock.TOOK
            _print(f"{name}{stage_clock.MARK}{how} {time.monotonic() - begun[0]:.1f} s", kept[0])
        for descriptor in (read_end, *kept):
            os.close(descriptor)
    return status == 0


def _print_behind(name: str, source: int, target: int, begun: list[float]) -> None:
    """Copy lines from one file descriptor to another, whole, so that those of several stages do not mix.

    ``begun`` gets the time at which DVC says that it runs the stage's command.
    """
    left = b""
    while chunk := os.read(source, 65536):
        *lines, left = _ENDS.split(left + chunk)
        for line in lines:
            text = line.decode("utf-8", errors="replace")
            if _BEGUN.match(text) and not begun:
                begun.append(time.monotonic())
                _print(f"{name}{stage_clock.MARK}{stage_clock.BEGINS}", target)
            _print_line(name, text, target)
    _print_line(name, left.decode("utf-8", errors="replace"), target)


def _print_line(name: str, text: str, target: int) -> None:
    if not _NOISE.match(text):
        _print(f"{name} | {text}", target)


def _print(text: str, target: int) -> None:
    with contextlib.suppress(OSError):  # whoever read it has gone; the stage goes on
        os.write(target, f"{text}\n".encode())
