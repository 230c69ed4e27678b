"""Methods of a project's own: each is one file of its folder ``extensions/``, found by name like those of the package.

A file ends with one of the kinds below under the name ``EXTENSION``::

    EXTENSION = extensions.Loss("brier", settings=Brier(weight=1.0), make=brier)

Its settings become a section of ``params.yaml`` (``losses.brier``), which ``crackpipe configure`` writes with the
values that stand there. Files are Python and are run: keep only those that you trust. What they import is imported by
every stage, so import torch and other slow libraries inside the functions that need them.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from crackpipe.errors import CrackpipeError, did_you_mean
from crackpipe.params.section import Section


@dataclass(frozen=True, slots=True)
class Extension:
    """What the kinds have in common.

    Attributes:
        name: by which ``params.yaml`` names it: a Python identifier, no name of the package's own.
        settings: of its section, with the values that ``crackpipe configure`` writes; the descriptions of its fields
            and the first line of its docstring become comments. A dataset has none.
        make: what does the work; see each kind.
    """

    name: str
    settings: Section = field(kw_only=True)
    make: Callable[..., Any] = field(kw_only=True)
    below: ClassVar[str] = ""  # section of params.yaml that holds the settings


@dataclass(frozen=True, slots=True)
class Loss(Extension):
    """A loss of the patch classifier: ``make(features, logits, targets, step, **settings)`` returns a scalar tensor.

    See :mod:`crackpipe.classify.losses.step`.
    """

    below: ClassVar[str] = "losses"


@dataclass(frozen=True, slots=True)
class Network(Extension):
    """A network of pixels: ``make(encoder=…, trunk=…, width=…)`` returns a module.

    Its settings are a :class:`crackpipe.params.masks.PixelNetwork`; see :mod:`crackpipe.segment.networks.catalogue`.
    """

    below: ClassVar[str] = "train_segmenter"


@dataclass(frozen=True, slots=True)
class Label(Extension):
    """A pseudo-label method: ``make(photograph, *maps, **settings)`` returns a soft mask, uint8, 0–255.

    Settings hold ``binarise`` and ``upsample``, which ``make`` does not get. See :mod:`crackpipe.pseudo.methods`.

    Attributes:
        reads: names of the localisation maps that it gets, from the settings by name: ``cam``, or
            :func:`crackpipe.pseudo.localisation_maps.patch_kind` of a side.
    """

    reads: Callable[[Mapping[str, Any]], tuple[str, ...]] = field(kw_only=True, default=lambda _: ("cam",))
    below: ClassVar[str] = "pseudo_label"


@dataclass(frozen=True, slots=True)
class Head(Extension):
    """A few-shot head: ``make(data, rows, queries, settings, seed)`` returns a
    :class:`crackpipe.few_shot.heads.HeadOutput`, which see; ``settings`` is the section.
    """

    below: ClassVar[str] = "few_shot"


@dataclass(frozen=True, slots=True)
class Dataset(Extension):
    """A dataset: ``make()`` returns a :class:`crackpipe.data.datasets.layout.Dataset`, which says how it is read."""

    settings: Section = field(kw_only=True, default=Section())
    below: ClassVar[str] = ""


KINDS: tuple[type[Extension], ...] = (Loss, Network, Label, Head, Dataset)
FOLDER = "extensions"
_REGISTERED: dict[tuple[type[Extension], str], Extension] = {}
_READ: dict[Path, Extension] = {}  # by file, as each is run once in a process
_OWN: dict[type[Extension], set[str]] = {}  # names of the package's own methods


def load(folder: Path | None) -> None:
    """Know the extensions of a folder, and no others: run each of its files once in a process.

    Files whose names begin with ``_`` are left out: others may import them.

    Args:
        folder: ``extensions/`` of a project, which need not be there; ``None`` knows none.

    Raises:
        CrackpipeError: a file cannot be run, holds no ``EXTENSION``, or its name cannot be used.
    """
    _REGISTERED.clear()
    for path in sorted(folder.resolve().glob("[!_]*.py")) if folder is not None else ():
        if path not in _READ:
            _READ[path] = _extension(path)
        register(_READ[path], where=f"{FOLDER}/{path.name}")


def register(extension: Extension, *, where: str) -> None:
    """Make an extension known by its name.

    Args:
        where: it comes from, for errors.

    Raises:
        CrackpipeError: the name is no identifier, or a method of this kind has it already.
    """
    kind = type(extension)
    if not extension.name.isidentifier() or extension.name.startswith("_"):
        raise CrackpipeError(f"{where}: name is {extension.name!r}; expected letters, digits and _, e.g. brier")
    if (kind, extension.name) in _REGISTERED or extension.name in _OWN.get(kind, ()):
        raise CrackpipeError(f"{where}: another {kind.__name__} has the name {extension.name}; choose another")
    _REGISTERED[kind, extension.name] = extension


def found(kind: type[Extension]) -> dict[str, Any]:
    """Extensions of a kind by name, in the order in which they were registered."""
    return {name: extension for (of, name), extension in _REGISTERED.items() if of is kind}


def names(kind: type[Extension], known: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the package's own methods, ``known``, and of the extensions of that kind after them."""
    return (*known, *found(kind))


def one_of(kind: type[Extension], known: Iterable[str]) -> Callable[[str], str]:
    """A validator of names of a kind.

    Args:
        kind: of extension.
        known: names of the package's own.
    """
    own = tuple(known)
    _OWN.setdefault(kind, set()).update(own)

    def check(name: str) -> str:
        allowed = names(kind, own)
        if name not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}{did_you_mean(name, allowed)}")
        return name

    return check


def _extension(path: Path) -> Extension:
    name = f"crackpipe_extension_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module there
    sys.path.insert(0, str(path.parents[1]))  # for `from extensions._shared import …`
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CrackpipeError(f"{FOLDER}/{path.name}: cannot be run: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parents[1]))
    extension: Any = getattr(module, "EXTENSION", None)
    if type(extension) not in KINDS:
        kinds = ", ".join(kind.__name__ for kind in KINDS)
        raise CrackpipeError(
            f"{FOLDER}/{path.name}: holds no EXTENSION; end it with EXTENSION = extensions.KIND(…), KIND one of {kinds}"
        )
    return extension
