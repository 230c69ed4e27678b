"""Comments of YAML moved to where they last: who puts new lists in place of the old ones loses the comments in them."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

_KEY = re.compile(r"( *)([\w.-]+):(?: +([^#\s].*?))?(?: +(#.*))?$")
_OF_ITEM = re.compile(r"( *(?:- +)?)([\w.-]+):((?: [^#]*?)?) +(#.*)$")
HEADING = "# ──"

Kind = Literal["blank", "comment", "item", "list", "other"]


def moved(text: str) -> str:
    """Move the comments that follow a list, or stand in one, before the first of the lists, each with its key.

    The heading of a section, a line that begins with ``# ──``, goes beside the section's key instead.

    Args:
        text: YAML in block style, the items of a list in the column of its key; no value over several lines.
    """
    out: list[str] = []
    host, indent = 0, ""  # where comments last: before the first of the lists that follow each other, and its indent
    after_list = False
    waiting: list[str] = []

    def note(name: str, comment: str) -> None:
        nonlocal host
        out.insert(host, f"{indent}# {name}: {comment.lstrip('# ')}")
        host += 1

    for line, kind in _lines(text.splitlines()):
        if kind in ("blank", "comment") and after_list:
            waiting += [line.strip()] if kind == "comment" else []
        elif kind == "item":
            if found := _OF_ITEM.match(line):
                start, name, value, comment = found.groups()
                note(name, comment)
                line = f"{start}{name}:{value.rstrip()}"
            out.append(line)
        elif kind in ("list", "other"):
            found = _KEY.match(line)
            name = found[2] if found else line.strip()
            if kind == "list" and not after_list:
                host, indent = len(out), line[: len(line) - len(line.lstrip())]
            for comment in waiting:
                if not comment.startswith(HEADING):
                    note(name, comment)
            out.append(_headed(line, [comment for comment in waiting if comment.startswith(HEADING)]))
            after_list, waiting = kind == "list", []
        else:
            out.append(line)
    return "\n".join(out) + "\n"


def _headed(line: str, headings: Sequence[str]) -> str:
    """A section's key with its heading beside it, before the comment that is there."""
    found = _KEY.match(line)
    if not headings or not found:
        return line
    indent, name, value, beside = found.groups(default="")
    comments = " ".join([*headings, beside.lstrip("# ")]).rstrip()
    return f"{indent}{name}:{' ' * bool(value)}{value} {comments}"


def _lines(lines: Sequence[str]) -> Iterator[tuple[str, Kind]]:
    """Each line with its kind: of a list's items, a key with a list, or any other."""
    column: int | None = None  # of the items, within a list
    for number, line in enumerate(lines):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if not stripped or stripped.startswith("#"):
            yield line, "comment" if stripped else "blank"
            continue
        if column is not None and (indent > column or (indent == column and stripped.startswith("- "))):
            yield line, "item"
            continue
        column = indent if _begins_list(line, lines[number + 1 :], indent) else None
        yield line, "other" if column is None else "list"


def _begins_list(line: str, following: Sequence[str], indent: int) -> bool:
    found = _KEY.match(line)
    if found and found[3]:
        return found[3].startswith("[")
    after = next((one for one in following if one.strip() and not one.lstrip().startswith("#")), "")
    return after.startswith(f"{' ' * indent}- ")
