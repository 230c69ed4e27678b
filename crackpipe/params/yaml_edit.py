"""Change values in YAML text and leave the rest, the comments above all, as it was."""

import functools
import io
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from crackpipe.errors import ParamsError
from crackpipe.params import lasting_comments

# (indent)(key:)( a flow list)? (# comment), and a block list on the next line if there is none on this one
_LIST_WITH_COMMENT = re.compile(r"^( *)(\w+:)(?:( \[.*\]) +(#.*)| +(#.*)(?=\n\1 *- ))", re.MULTILINE)


def replace_values(text: str, values: Mapping[str, Any]) -> str:
    """Return ``text`` with the values of these dotted keys replaced where they differ.

    Lists are written in block style; inside a replaced list only the comments of its first item are kept.

    Args:
        text: YAML.
        values: plain values by dotted key.

    Raises:
        ParamsError: a key is not in ``text``.
    """
    old, root = _parsed(text)
    edits = []
    for key, value in values.items():
        names = key.split(".")
        if repr(_find_value(old, names)) != repr(value):  # 1, 1.0 and true are equal, but not the same value
            name_node, value_node = _find_node(root, names)
            edits.append((value_node.start_mark.index, _edit(text, value, name_node, value_node)))
    for _, edit in sorted(edits, reverse=True):  # from the end, so that earlier positions hold
        start, end, written = edit
        text = text[:start] + written + text[end:]
    return text


def set_values(text: str, values: Mapping[str, Any]) -> str:
    """Return ``text`` with the values of these dotted keys set, as ``dvc exp run --set-param`` writes them.

    Args:
        text: YAML.
        values: plain values by dotted key, each in ``text``.
    """
    yaml, tree = _loaded(text)
    for key, value in values.items():
        *above, last = key.split(".")
        node = tree
        for name in above:
            node = node[name]
        node[last] = value
    return _dumped(yaml, tree)


def append_section(text: str, above: str, section: str) -> str:
    """Return ``text`` with lines added at the end of a section of the first level.

    Args:
        text: YAML in block style.
        above: name of the section.
        section: lines, indented as those of the section are.

    Raises:
        ParamsError: there is no such section.
    """
    found = re.search(rf"^{re.escape(above)}:.*\n(?:[ -].*\n|\n(?=[ -]))*", text, re.MULTILINE)
    if found is None:
        raise ParamsError(f"{above}: not in the text that is to be changed")
    return text[: found.end()] + section + text[found.end() :]


def as_dvc_writes(text: str) -> str:
    """Return ``text`` in the layout that DVC gives it: ``-S`` then changes the lines of its values alone.

    DVC puts new lists in place of all that there are, and the comments in and after them go with the old ones. So these
    stand before the first of the lists, each with its key, and a section's heading that follows a list beside its key.

    Args:
        text: YAML in block style.
    """
    text = lasting_comments.moved(_settled(_LIST_WITH_COMMENT.sub(_comment_above, text)))
    return _settled(text)


def _settled(text: str) -> str:
    while (written := _dumped(*_loaded(text))) != text:  # a comment in a list moves once more
        text = written
    return text


def _comment_above(found: re.Match[str]) -> str:
    indent, key, listed, beside_flow, beside_block = found.groups(default="")
    return f"{indent}{beside_flow or beside_block}\n{indent}{key}{listed}"


def _loaded(text: str) -> tuple[YAML, Any]:
    yaml = YAML()
    yaml.default_flow_style = False  # as dvc.utils.serialize
    return yaml, yaml.load(text)


def _dumped(yaml: YAML, tree: Any) -> str:
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


@functools.lru_cache(maxsize=1)  # many compositions begin with the same text
def _parsed(text: str) -> tuple[Any, Node]:
    """The values of YAML text, and its nodes, which know where each stands; nobody changes either."""
    return YAML(typ="safe").load(text), YAML().compose(text)


def _find_value(tree: Any, names: list[str]) -> Any:
    for name in names:
        if not isinstance(tree, dict) or name not in tree:
            raise ParamsError(f"{'.'.join(names)}: not in the text that is to be changed")
        tree = tree[name]
    return tree


def _find_node(node: Node, names: list[str]) -> tuple[Node, Node]:
    """The nodes of the key and of the value."""
    above = node
    for name in names:
        above, node = next(pair for pair in node.value if pair[0].value == name)
    return above, node


def _end(node: Node) -> int:
    """Position behind the last character of a value; a block collection's own mark lies behind the comments below."""
    if not _is_block(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, MappingNode) else last)


def _edit(text: str, value: Any, name: Node, old: Node) -> tuple[int, int, str]:
    """Start and end of the old value, and the text that takes its place."""
    start, end = old.start_mark.index, _end(old)
    if not isinstance(value, list) or not value:
        if not _is_block(old):
            return start, end, _dump(value)
        colon = name.end_mark.index
        comments = text[colon + 1 : start].rstrip()
        return colon, end, f": {_dump(value)}{comments}"
    comment = ""
    if not _is_block(old):  # what followed the value on its line stays on the line of the key
        line_end = (text + "\n").index("\n", end)
        comment, end = text[end:line_end], line_end
    indent = " " * (name.start_mark.column + 2)
    lines = _with_notes(_dump(value).splitlines(), _notes(text, old))
    return len(text[:start].rstrip()), end, comment + "".join(f"\n{indent}{line}" for line in lines)


def _notes(text: str, old: Node) -> dict[str, str]:
    """Comments of the first mapping of a block list, by key: they say what the keys of all its items mean."""
    if not _is_block(old) or not old.value or not isinstance(old.value[0], MappingNode):
        return {}
    ends = {name.value: _end(value) for name, value in old.value[0].value}
    return {name: text[end : (text + "\n").index("\n", end)].strip() for name, end in ends.items()}


def _with_notes(lines: list[str], notes: Mapping[str, str]) -> list[str]:
    """Put each note behind the first line that starts with its key."""
    noted = list(lines)
    for name, note in notes.items():
        index = next((index for index, line in enumerate(lines) if line[2:].startswith(f"{name}: ")), None)
        if note and index is not None:
            noted[index] = f"{lines[index]} {note}"
    return noted


def _is_block(node: Node) -> bool:
    return isinstance(node, CollectionNode) and not node.flow_style


def _dump(value: Any) -> str:
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # its annotation says None
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").rstrip("\n")
