"""Run every comparison and write README.md beside this file: `make bench`.

``python -m benchmarks.run [--data DIR]``: the table is written whole, when all have run, or not at all.
``--only NAME …`` runs those named and prints them; the table stays as it is.
"""

import argparse
import datetime
import importlib
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import command, photographs, table
from benchmarks.table import Section
from crackpipe import console, params
from crackpipe.compute import hardware
from crackpipe.results import clone

ROOT = Path(__file__).parents[1]
README = Path(__file__).with_name("README.md")
COMPARISONS = (
    "pseudo_labels",
    "network_share",
    "dark_map",
    "dense_crf",
    "segmentation_metrics",
    "crack_measures",
    "adapter_training",
    "encoding",
    "search",
    "slicing",
    "few_shot",
    "attack_cost",
    "growth",
    "graphics_card",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    command.add_data(parser)
    parser.add_argument("--only", nargs="+", choices=COMPARISONS, help="run these and print them; write no table")
    given = parser.parse_args()
    if given.only:
        sections = compare(given.only, data=given.data)
        print("\n\n".join(map(table.markdown, sections)))
    else:
        commit = told_commit(ROOT)  # before anything runs: the tree may change meanwhile
        start = time.perf_counter()
        sections = compare(COMPARISONS, data=given.data)
        text = report(sections, commit=commit, data=given.data, minutes=(time.perf_counter() - start) / 60)
        write(README, text)
        print(text)
    command.fail_if_missed(sections)


def compare(names: Sequence[str], *, data: Path | None) -> list[Section]:
    """Run the comparisons named, one after the other, each on its own number of photographs."""
    sections = []
    for name in console.bar(names, what="benchmarks", total=len(names), unit="comparisons"):
        module = importlib.import_module(f"benchmarks.{name}")
        sections.append(module.compare(photos=module.PHOTOS, data=data))
    return sections


def report(sections: Sequence[Section], *, commit: str, data: Path | None, minutes: float) -> str:
    """The whole of README.md: machine, date, commit, and every section."""
    here, settings = hardware.describe(), params.load().runtime
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    device = f"{here.processor}, {here.cores} cores, {here.memory_gib} GiB, {here.gpu or 'no GPU'}"
    missed, bars = table.missed(sections), sum(row.passed is not None for one in sections for row in one.rows)
    verdict = f"{bars - len(missed)} of {bars} bars passed."
    head = [
        "# Timings, side by side",
        "Written by `make bench`, never by hand.",
        f"{today}, commit {commit}; {device}; Python {here.python}, torch {here.torch}; {minutes:.0f} min.",
        f"On {photographs.described(data)}. Both sides of a row run in one process, by turns, with {settings.threads} "
        f"threads of matrix products and {settings.workers} workers, on the same photographs and weights. Seconds are "
        "the median of the turns and, in brackets, the shortest and the longest. Bar: the factor we aim at; peers' "
        "way: how the papers' published code does it.",
        verdict if not missed else "\n".join([f"{verdict} Missed:\n", *(f"- {name}" for name in missed)]),
    ]
    return "\n\n".join([*head, *map(table.markdown, sections)]) + "\n"


def write(path: Path, text: str) -> None:
    """Write the table; it is replaced whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def told_commit(root: Path) -> str:
    """The commit that runs, and whether tracked files other than the table differ from it."""
    commit = clone.head(root)[:8]
    changed = ["git", "-C", str(root), "diff", "--quiet", "HEAD", "--", ".", f":!{README.relative_to(ROOT)}"]
    return f"{commit} with uncommitted changes" if subprocess.run(changed).returncode else commit


if __name__ == "__main__":
    main()
