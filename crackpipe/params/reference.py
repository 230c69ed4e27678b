"""Every parameter with its default and its meaning, as Markdown, from the commented ``conf/config.yaml``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from crackpipe.errors import ParamsError

_TITLE = re.compile(r"#\s*──\s*(.*?)\s*─+\s*$")
_COMMENT = re.compile(r"(?:^|\s)#\s+(.*)$")
_COMPOSED_OF = "defaults"  # hydra's list of groups, no parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        key: dotted, below its section; ``[]`` stands for each entry of a list; the section's own is empty.
        default: as YAML on one line; empty for a group of parameters.
        meaning: its comment.
    """

    key: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SectionReference:
    """A section of ``params.yaml``: its name, its title, and its parameters in the file's order."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]


def sections(path: Path) -> list[SectionReference]:
    """Read the sections of a commented parameters file.

    Args:
        path: of the file, e.g. ``conf/config.yaml``.

    Raises:
        ParamsError: a parameter has no comment.
    """
    text = path.read_text(encoding="utf-8")
    tree: CommentedMap = YAML().load(text)
    lines = text.splitlines()
    references = []
    for name, value in tree.items():
        if name != _COMPOSED_OF:
            line = tree.lc.key(name)[0]
            of_section = [Parameter("", "", meaning)] if (meaning := _comment(lines[line])) else []
            parameters = (*of_section, *_parameters(value, lines, above="", where=f"{path}: {name}"))
            references.append(SectionReference(name, _title(lines, line), parameters))
    return references


def page(path: Path) -> str:
    """The Markdown page of all sections: a heading each, and a table ``key | default | meaning``."""
    return "\n\n".join(_section(section) for section in sections(path)) + "\n"


def _section(section: SectionReference) -> str:
    intro = [parameter.meaning for parameter in section.parameters if not parameter.key]
    rows = [
        f"| `{parameter.key}` | {f'`{parameter.default}`' if parameter.default else ''} | {_cell(parameter.meaning)} |"
        for parameter in section.parameters
        if parameter.key
    ]
    title = _sentence(section.title or section.name)
    parts = [f"## {section.name}", "\n\n".join([title, *map(_sentence, intro)])]
    if rows:
        parts.append("\n".join(["| key | default | meaning |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts)


def _parameters(tree: Any, lines: list[str], *, above: str, where: str) -> Iterator[Parameter]:
    if not isinstance(tree, CommentedMap):
        return
    for key, value in tree.items():
        name = f"{above}{key}"
        line = tree.lc.key(key)[0]
        meaning = _comment(lines[line]) or (_comment(lines[line - 1]) if lines[line - 1].lstrip()[:1] == "#" else "")
        if not meaning:
            raise ParamsError(f"{where}.{name}: has no comment; say behind it what it means")
        group = isinstance(value, CommentedMap) and len(value) > 0
        yield Parameter(name, "" if group else _flow(value), meaning)
        if group:
            yield from _parameters(value, lines, above=f"{name}.", where=where)
        elif isinstance(value, CommentedSeq) and value and isinstance(value[0], CommentedMap):
            yield from (
                Parameter(parameter.key, "", parameter.meaning)
                for parameter in _parameters(value[0], lines, above=f"{name}[].", where=where)
            )


def _flow(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return f'"{text}"' if isinstance(value, str) and re.search(r"[{}\[\],#:]|^$", text) else text


def _comment(line: str) -> str:
    comment = _COMMENT.search(line)
    return comment[1].strip() if comment else ""


def _title(lines: list[str], line: int) -> str:
    """The ruled comment above a section."""
    above = next((text for text in reversed(lines[:line]) if text.strip()), "")
    title = _TITLE.match(above)
    return title[1] if title else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '…')) else '.'}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")
