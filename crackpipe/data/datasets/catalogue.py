"""The catalogue of named datasets: one line here and one file beside it for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crackpipe.data.datasets import ael, bridge2024, captioned, cfd, crack500, deepcrack, folder, metu, sdnet2018
from crackpipe.data.datasets.layout import Dataset, refuse
from crackpipe.data.photo import RawPhoto
from crackpipe.errors import DatasetError
from crackpipe.params import extensions

CATALOGUE: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        crack500.DATASET,
        cfd.DATASET,
        deepcrack.DATASET,
        sdnet2018.DATASET,
        metu.DATASET,
        bridge2024.DATASET,
        ael.DATASET,
        folder.DATASET,
        captioned.DATASET,
    )
}


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """A dataset as ``crackpipe datasets`` shows it.

    Attributes:
        name, description, availability, licence, citation: see :class:`crackpipe.data.datasets.layout.Dataset`.
        found: content of its folder: a number of photographs, or "not here".
    """

    name: str
    description: str
    availability: str
    licence: str
    citation: str
    found: str


def every() -> dict[str, Dataset]:
    """Datasets by name: :data:`CATALOGUE`, then those of the extensions."""
    return CATALOGUE | {name: own.make() for name, own in extensions.found(extensions.Dataset).items()}


def read(name: str, *, raw: Path) -> Iterator[RawPhoto]:
    """List the photographs of the dataset in ``raw/name``; their files are not opened.

    Args:
        name: one of :func:`every`, or its name and that of another folder: ``folder:bridge_12`` lies in
            ``raw/bridge_12``.
        raw: holds a folder for each dataset.

    Raises:
        DatasetError: no such dataset, or its folder is missing, empty or laid out otherwise.
    """
    kind, folder = dataset_and_folder(name)
    known = every()
    if kind not in known:
        raise DatasetError(f"dataset {name}: not known; expected demo or one of {', '.join(known)}")
    dataset = known[kind]
    if not (raw / folder).is_dir():
        refuse(raw / folder, fault=f"dataset {name} is not here ({dataset.availability})", layout=dataset.layout)
    empty = True
    for photo in dataset.read(raw / folder):
        empty = False
        yield photo
    if empty:
        refuse(raw / folder, fault=f"dataset {name} has no photograph", layout=dataset.layout)


def dataset_and_folder(name: str) -> tuple[str, str]:
    """The dataset and the folder that a source names: ``folder:bridge_12`` → ``folder``, ``bridge_12``."""
    kind, _, folder = name.partition(":")
    return kind, folder or kind


def listing(raw: Path) -> list[DatasetInfo]:
    """Describe every dataset, the demo first, and the content of its folder under ``raw``."""
    demo = DatasetInfo(
        name="demo",
        description="procedural surfaces with cracks, masks and captions, drawn by the pipeline itself",
        availability="needs no folder",
        licence="this project's",
        citation="none",
        found="drawn on demand",
    )
    return [demo] + [
        DatasetInfo(
            name=dataset.name,
            description=dataset.description,
            availability=dataset.availability,
            licence=dataset.licence,
            citation=dataset.citation,
            found=_found(dataset.name, raw=raw),
        )
        for dataset in every().values()
    ]


def _found(name: str, *, raw: Path) -> str:
    if not (raw / name).is_dir():
        return "not here"
    try:
        return f"{sum(1 for _ in read(name, raw=raw))} photographs"
    except DatasetError:
        return "another layout; ingest shows the one it expects"
