"""How the inspection was made, line by line: what ``run.json`` holds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def lines(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of a nested record; names of inner records follow those of outer ones.

    Args:
        values: anything JSON can hold.
    """
    return [(" · ".join(names), text) for names, text in _flat((), values)]


def _flat(names: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat((*names, str(name).replace("_", " ")), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield names, ", ".join(_text(inner) for inner in value)
    else:
        yield names, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
