"""Photographs whose ground truth is known to be wrong: scored with and without them, never left out in silence."""

from collections.abc import Collection


def sources_of(photo_id: str, source: str, *, doubtful: Collection[str]) -> list[str]:
    """Names that a photograph is scored under: its source, and ``<source>_without_<names>`` unless it is doubtful.

    >>> sources_of("cfd/001", "cfd", doubtful=["cfd/042"])
    ['cfd', 'cfd_without_042']
    >>> sources_of("cfd/042", "cfd", doubtful=["cfd/042"])
    ['cfd']
    """
    wrong = sorted(name for name in doubtful if name.startswith(f"{source}/"))
    if not wrong or photo_id in wrong:
        return [source]
    return [source, f"{source}_without_{'_'.join(name.rpartition('/')[2] for name in wrong)}"]
