"""Change a ``params.yaml`` and keep what was not to be changed: edits by hand, and values of earlier experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crackpipe import params
from crackpipe.errors import ParamsError
from crackpipe.params import compose, yaml_edit

DEFAULTS = {"dataset": "demo", "scale": "cpu"}  # of a file that does not tell what it was composed of


@dataclass(frozen=True, slots=True)
class Changed:
    """A ``params.yaml`` after a change.

    Attributes:
        text: of the whole file.
        values: (before, after) by dotted key, of the values that differ.
    """

    text: str
    values: dict[str, tuple[Any, Any]]


def change(text: str, conf: Path, *, groups: Mapping[str, str], overrides: Sequence[str]) -> Changed:
    """Set keys, or another dataset or scale, in the text of a ``params.yaml``.

    Another dataset or scale sets what its file in ``conf/`` names, and takes back what the present one's names. All
    other values stay, be they edits by hand or of an experiment; ``overrides`` win. Keys that ``conf/config.yaml`` has
    and the file has not are added.

    Args:
        text: of the file.
        conf: see :func:`.compose.compose`.
        groups: ``dataset`` or ``scale`` and the name that is to be taken.
        overrides: ``key=value`` with dotted keys.

    Raises:
        ParamsError: an unknown dataset, scale or key, or a value that the schema refuses.
    """
    present = {**DEFAULTS, **compose.composed_of(text)}
    before = dict(compose.leaves(YAML(typ="safe").load(text)))
    known = compose.check_overrides(overrides, conf)
    told = dict(map(_parsed, overrides))
    if groups or before.keys() != set(known):  # a key that is new gets its default, one that is gone goes
        chosen = {**present, **groups}
        new = compose.compose(conf, **chosen, overrides=[])
        named = {key for group in groups for key in _keys(conf / group / f"{groups[group]}.yaml")}
        edits = {key: value for key, value in _edits(before, conf, present).items() if key not in named}
        text = yaml_edit.set_values(new, {**edits, **told})
    else:
        text = yaml_edit.set_values(text, told)
    tree = YAML(typ="safe").load(text)
    params.check(tree, where="params.yaml, changed so,")
    after = dict(compose.leaves(tree))
    keys = [*after, *(key for key in before if key not in after)]
    differing = {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
    return Changed(text, differing)


def _edits(values: Mapping[str, Any], conf: Path, present: Mapping[str, str]) -> dict[str, Any]:
    """Values that are not those of the composition which the file was made from."""
    base = dict(compose.leaves(compose.values(conf, **present, overrides=[])))
    return {key: value for key, value in values.items() if key in base and base[key] != value}


def _keys(path: Path) -> set[str]:
    return {key for key, _ in compose.leaves(YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {})}


def _parsed(override: str) -> tuple[str, Any]:
    key, _, value = override.partition("=")
    try:
        return key, YAML(typ="safe").load(value)
    except YAMLError as error:
        raise ParamsError(f"configure: {override!r}: the value is no YAML: {error}") from None
