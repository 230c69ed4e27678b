"""Photographs whose ground truth is known to be wrong: scored with and without them, never left out in silence."""

import difflib
from collections.abc import Collection
from pathlib import Path

from crackpipe.errors import ParamsError
from crackpipe.files import parquet, schemas


def check(photos: Path, *, doubtful: Collection[str]) -> None:
    """Check that the ``photos`` table holds the doubtful photographs of each source in it; other sources may be absent.

    Raises:
        ParamsError: a name is unknown, so that the scores without it would still hold every photograph.
    """
    table = parquet.read(photos, schemas.PHOTOS, columns=["photo_id", "source"])
    known = table["photo_id"].to_pylist()
    for source in table["source"].unique().to_pylist():
        members = [name for name in known if name.startswith(f"{source}/")]
        for name in doubtful:
            if name.startswith(f"{source}/") and name not in members:
                (near,) = difflib.get_close_matches(name, members, n=1, cutoff=0)
                raise ParamsError(
                    f"evaluate.doubtful: got {name!r}, but none of the {len(members)} photographs of {source} has that "
                    f"name, the nearest is {near!r}; correct it, or take it off the list if ingest.sources leaves that "
                    "photograph out"
                )


def sources_of(photo_id: str, source: str, *, doubtful: Collection[str]) -> list[str]:
    """List the names that a photograph is scored under: its source, and ``<source>_without_<names>`` unless doubtful.

    Args:
        photo_id, source: of the photograph.
        doubtful: photo_ids of all sources whose ground truth is known to be wrong.

    >>> sources_of("cfd/001", "cfd", doubtful=["cfd/042"])
    ['cfd', 'cfd_without_042']
    >>> sources_of("cfd/042", "cfd", doubtful=["cfd/042"])
    ['cfd']
    """
    wrong = sorted(name for name in doubtful if name.startswith(f"{source}/"))
    if not wrong or photo_id in wrong:
        return [source]
    return [source, f"{source}_without_{'_'.join(name.rpartition('/')[2] for name in wrong)}"]
