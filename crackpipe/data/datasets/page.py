"""The catalogue of datasets as a Markdown page."""

import re

from crackpipe.data.datasets import catalogue

_ADDRESS = re.compile(r"https?://\S+")


def page() -> str:
    """A table of all datasets, and for each its layout, terms and citation.

    What lies on this machine has no part in it, so that the page is the same everywhere.
    """
    return "\n\n".join([_table(), *(_entry(name) for name in catalogue.CATALOGUE)]) + "\n"


def _table() -> str:
    demo = "| `demo` | surfaces with cracks, masks and captions, drawn by the pipeline itself | this project's |"
    rows = [
        f"| [`{name}`](#{name}) | {dataset.description} | {dataset.licence} |"
        for name, dataset in catalogue.CATALOGUE.items()
    ]
    return "\n".join(["| name | what it holds | licence |", "| --- | --- | --- |", demo, *rows])


def _entry(name: str) -> str:
    dataset = catalogue.CATALOGUE[name]
    facts = [
        f"- Where it is to be had: {_ADDRESS.sub(lambda found: f'<{found[0]}>', dataset.availability)}.",
        f"- Licence: {dataset.licence}.",
        f"- Masks: {'every photograph must have one' if dataset.has_masks else 'none, or not of every photograph'}.",
        f"- Citation: {dataset.citation}.",
    ]
    layout = f"```text\n{dataset.layout.strip(chr(10))}\n```"
    return "\n\n".join(
        [f"## {name}", f"{dataset.description[:1].upper()}{dataset.description[1:]}.", "\n".join(facts), layout]
    )
