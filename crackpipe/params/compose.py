"""Compose ``params.yaml`` from ``conf/``: the commented defaults, a dataset, a scale, and single keys.

``conf/config.yaml`` holds every key with its comment and the ``defaults:`` list of Hydra; ``conf/dataset/NAME.yaml``
and ``conf/scale/NAME.yaml`` begin with ``# @package _global_`` and change some of the values. Hydra composes the
values; they are then written over those of ``conf/config.yaml``, whose comments and order therefore stay.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from crackpipe import params
from crackpipe.errors import ParamsError, did_you_mean
from crackpipe.params import extensions, yaml_edit
from crackpipe.params.section import Section
from crackpipe.params.whole import schema

GROUPS = ("dataset", "scale")
_HEADING = re.compile(r"# Composed with dataset=(\S+) scale=(\S+).*\n")
_DEFAULTS = re.compile(r"^defaults:.*\n(?:[ -].*\n)*\n*", re.MULTILINE)


def choices(conf: Path, *, group: str) -> list[str]:
    """Names that ``group`` (dataset or scale) can take: the files of ``conf/<group>``, sorted."""
    return sorted(path.stem for path in (conf / group).glob("*.yaml"))


def compose(conf: Path, *, dataset: str, scale: str, overrides: Sequence[str]) -> str:
    """Return the text of a ``params.yaml``: comments of ``conf/config.yaml``, values of the composition, DVC's layout.

    Args:
        conf: folder of ``config.yaml``, ``dataset/`` and ``scale/``.
        dataset, scale: files of these folders.
        overrides: ``key=value`` with dotted keys, as Hydra and DVC spell them; they win over dataset and scale.

    Raises:
        ParamsError: see :func:`values`.
    """
    changes = dict(leaves(values(conf, dataset=dataset, scale=scale, overrides=overrides)))
    heading = " ".join([f"dataset={dataset}", f"scale={scale}", *overrides])
    text = yaml_edit.replace_values(_template(conf), changes)
    return yaml_edit.as_dvc_writes(f"# Composed with {heading}\n{text}")


def values(conf: Path, *, dataset: str, scale: str, overrides: Sequence[str]) -> dict[str, Any]:
    """Sections by name, as they are composed.

    Args:
        conf, dataset, scale, overrides: see :func:`compose`.

    Raises:
        ParamsError: an unknown dataset, scale or key, an override that is no ``key=value``, or a composed value that
            the schema refuses.
    """
    if not conf.is_dir():
        raise ParamsError(f"{conf}: not found; run this in the project's folder, where dvc.yaml is")
    for group, name in zip(GROUPS, (dataset, scale), strict=True):
        if name not in (names := choices(conf, group=group)):
            raise ParamsError(f"configure: {group}={name}: no such {group}; known: {', '.join(names) or 'none'}")
    known = check_overrides(overrides, conf)
    own = tuple(f"{above}." for above in _of_extensions())
    tree = _hydra_values(
        conf, [f"dataset={dataset}", f"scale={scale}", *(one for one in overrides if not one.startswith(own))]
    )
    _add_extensions(tree, [one for one in overrides if one.startswith(own)])
    return _checked(tree, conf, known=known, where=f"dataset={dataset} scale={scale}")


def compositions(conf: Path) -> dict[str, dict[str, Any]]:
    """Values of every composition dataset × scale, by its name ``dataset=… scale=…``; see :func:`values`.

    They are merged as Hydra merges them, but each file is read once: Hydra reads three for every composition.

    Raises:
        ParamsError: a composed value that the schema refuses, or an unknown key.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    known = check_overrides([], conf)
    found = {}
    try:
        defaults = OmegaConf.create(_template(conf))
        scales = {name: OmegaConf.load(conf / f"scale/{name}.yaml") for name in choices(conf, group="scale")}
        for dataset in choices(conf, group="dataset"):
            changed = OmegaConf.merge(defaults, OmegaConf.load(conf / f"dataset/{dataset}.yaml"))
            for scale, changes in scales.items():
                tree = _plain(OmegaConf.merge(changed, changes))
                name = f"dataset={dataset} scale={scale}"
                found[name] = _checked(tree, conf, known=known, where=name)
    except OmegaConfBaseException as error:
        raise ParamsError(f"{conf}: cannot be composed: {error}") from error
    return found


def composed_of(text: str) -> dict[str, str]:
    """The dataset and the scale that the first line of a ``params.yaml`` names; nothing where it names none."""
    heading = _HEADING.match(text)
    return dict(zip(GROUPS, heading.groups(), strict=True)) if heading else {}


def check_composed(path: Path, conf: Path) -> str:
    """Return the name of the composition whose text ``path`` holds, exactly.

    Args:
        path: a ``params.yaml``.
        conf: as for :func:`compose`.

    Raises:
        ParamsError: ``path`` equals none of them; the text names the nearest one and where the two part.
    """
    text = path.read_text(encoding="utf-8")
    named = composed_of(text)
    known = all(named.get(group) in choices(conf, group=group) for group in GROUPS)
    if known and text == compose(conf, dataset=named["dataset"], scale=named["scale"], overrides=[]):
        return f"dataset={named['dataset']} scale={named['scale']}"
    found = dict(leaves(YAML(typ="safe").load(text)))
    faults = {name: _difference(found, dict(leaves(tree))) for name, tree in compositions(conf).items()}
    nearest = min(faults, key=lambda name: len(faults[name]))
    listed = "\n".join(f"  {fault}" for fault in faults[nearest][:10]) or "  the comments differ"
    raise ParamsError(
        f"{path}: equals no composition of {conf}; nearest is {nearest}, but\n{listed}\n"
        f"  change {conf} and run `crackpipe configure {nearest}`"
    )


def leaves(tree: Any, *, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value) of every value that is no mapping; a list is one value."""
    for key, value in tree.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from leaves(value, above=f"{name}.")
        else:
            yield name, value


def _template(conf: Path) -> str:
    path = conf / "config.yaml"
    if not path.is_file():
        raise ParamsError(f"{path}: not found; run crackpipe from the project's root, where conf/ lies")
    text = _DEFAULTS.sub("", path.read_text(encoding="utf-8"))
    extensions.load(conf.parent / extensions.FOLDER)
    schema()  # tells of names that cannot be
    for kind in extensions.KINDS:
        for name, extension in extensions.found(kind).items() if kind.below else ():
            text = yaml_edit.append_section(text, kind.below, _section(name, extension.settings))
    return text


def _section(name: str, settings: Section) -> str:
    """YAML of an extension's settings: its docstring's first line and its fields' descriptions as comments."""
    about = (type(settings).__doc__ or name).partition("\n")[0].rstrip(".")
    lines = [f"  {name}: # {about}"]
    for key, field in type(settings).model_fields.items():
        comment = f" # {field.description}" if field.description else ""
        lines.append(f"    {key}: {json.dumps(settings.model_dump()[key])}{comment}")
    return "\n".join(lines) + "\n" if len(lines) > 1 else f"  {name}: {{}} # {about}\n"


def _of_extensions() -> dict[str, dict[str, Any]]:
    """Settings of all extensions by the dotted key of their section."""
    return {
        f"{kind.below}.{name}": extension.settings.model_dump()
        for kind in extensions.KINDS
        for name, extension in extensions.found(kind).items()
        if kind.below
    }


def _add_extensions(tree: dict[str, Any], overrides: Sequence[str]) -> None:
    """Add the sections of all extensions to a tree, with what ``overrides`` (``key=value``) name of them."""
    values = {key: YAML(typ="safe").load(value) for key, _, value in (one.partition("=") for one in overrides)}
    for section, settings in _of_extensions().items():
        above, _, name = section.rpartition(".")
        tree[above][name] = {key: values.get(f"{section}.{key}", value) for key, value in settings.items()}


def check_overrides(overrides: Sequence[str], conf: Path) -> list[str]:
    """Check that each override is ``key=value`` with a key of ``conf/config.yaml``; return all of its dotted keys.

    Raises:
        ParamsError: one is not; the text names the nearest key.
    """
    known = [key for key, _ in leaves(YAML(typ="safe").load(_template(conf)))]
    for override in overrides:
        _check_override(override, known)
    return known


def _check_override(override: str, known: Sequence[str]) -> None:
    key, equals, _ = override.partition("=")
    if not equals:
        raise ParamsError(f"configure: {override!r}: expected key=value, e.g. slice.stride_px=32")
    if key in known:
        return
    if any(name.startswith(f"{key}.") for name in known):
        below = [name for name in known if name.startswith(f"{key}.")]
        raise ParamsError(f"configure: {key} is a section; set one of its keys: {', '.join(below)}")
    sections = sorted({name.split(".")[0] for name in known})
    hint = did_you_mean(key, known) or f"; sections: {', '.join(sections)}"
    raise ParamsError(f"configure: {key}: unknown key{hint}")


def _checked(tree: dict[str, Any], conf: Path, *, known: Sequence[str], where: str) -> dict[str, Any]:
    params.check(tree, where=where)
    if unknown := sorted({key for key, _ in leaves(tree)} - set(known)):
        raise ParamsError(f"{conf / 'config.yaml'}: {unknown[0]} is missing; add it there, with a comment")
    return tree


def _hydra_values(conf: Path, overrides: Sequence[str]) -> dict[str, Any]:
    from hydra import compose as hydra_compose  # 0.3 s
    from hydra import initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    try:
        with initialize_config_dir(str(conf.resolve()), version_base=None):
            return _plain(hydra_compose("config", overrides=list(overrides)))
    except (HydraException, OmegaConfBaseException) as error:
        raise ParamsError(f"{conf}: cannot be composed with {' '.join(overrides)}: {error}") from error


def _plain(composed: Any) -> dict[str, Any]:
    from omegaconf import OmegaConf

    return {str(key): value for key, value in dict(OmegaConf.to_container(composed, resolve=True)).items()}  # type: ignore[arg-type]


def _difference(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [
        f"{key}: got {found.get(key, 'nothing')!r}; expected {expected.get(key, 'nothing')!r}"
        for key in sorted(found.keys() | expected.keys())
        if found.get(key, "nothing") != expected.get(key, "nothing")
    ]
