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
        name: by which ``params.yaml`` names it, a Python identifier.
        settings: of its section, with the values that ``crackpipe configure`` writes; the descriptions of its fields
            and the first line of its docstring become comments. A dataset has none.
        make: what does the work; see each kind.
    """

    name: str
    settings: Section = field(kw_only=True)
    make: Callable[..., Any] = field(kw_only=True)
    below: ClassVar[str] = ""  # section of params.yaml that holds the settings
    catalogue: ClassVar[str] = ""  # module of the package's own methods of this kind: its stages read these files


@dataclass(frozen=True, slots=True)
class Loss(Extension):
    """A loss of the patch classifier: ``make(features, logits, targets, step, **settings)`` returns a scalar tensor.

    See :mod:`crackpipe.classify.losses`.
    """

    below: ClassVar[str] = "losses"
    catalogue: ClassVar[str] = "crackpipe.classify.losses.catalogue"


@dataclass(frozen=True, slots=True)
class Network(Extension):
    """A network of pixels: ``make(encoder=…, trunk=…, width=…)`` returns a module.

    Its settings are a :class:`crackpipe.params.masks.PixelNetwork`; see :mod:`crackpipe.segment.networks.catalogue`.
    """

    below: ClassVar[str] = "train_segmenter"
    catalogue: ClassVar[str] = "crackpipe.segment.networks.catalogue"


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
    catalogue: ClassVar[str] = "crackpipe.pseudo.labelling"


@dataclass(frozen=True, slots=True)
class Head(Extension):
    """A few-shot head: ``make(data, rows, queries, settings, seed)`` returns a
    :class:`crackpipe.few_shot.heads.HeadOutput`, which see; ``settings`` is the section.
    """

    below: ClassVar[str] = "few_shot"
    catalogue: ClassVar[str] = "crackpipe.few_shot.heads"


@dataclass(frozen=True, slots=True)
class Dataset(Extension):
    """A dataset: ``make()`` returns a :class:`crackpipe.data.datasets.layout.Dataset`, which says how it is read."""

    settings: Section = field(kw_only=True, default=Section())
    below: ClassVar[str] = ""
    catalogue: ClassVar[str] = "crackpipe.data.datasets.catalogue"


KINDS: tuple[type[Extension], ...] = (Loss, Network, Label, Head, Dataset)
FOLDER = "extensions"
_REGISTERED: dict[tuple[type[Extension], str], Extension] = {}
_LOADED: set[Path] = set()


def load(folder: Path) -> None:
    """Run the files of a folder, each once in a process, and register what they hold; none where it is not there.

    Args:
        folder: ``extensions/`` of a project.

    Raises:
        CrackpipeError: a file cannot be run, or holds no ``EXTENSION``.
    """
    for path in sorted(folder.resolve().glob("*.py")):
        if path not in _LOADED:
            register(_extension(path), where=f"{FOLDER}/{path.name}")
            _LOADED.add(path)


def register(extension: Extension, *, where: str) -> None:
    """Make an extension known by its name.

    Args:
        where: it comes from, for errors.

    Raises:
        CrackpipeError: the name is no identifier, or another extension of this kind has it.
    """
    kind = type(extension)
    if not extension.name.isidentifier():
        raise CrackpipeError(f"{where}: name is {extension.name!r}; expected letters, digits and _, e.g. brier")
    if (kind, extension.name) in _REGISTERED:
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
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CrackpipeError(f"{FOLDER}/{path.name}: cannot be run: {type(error).__name__}: {error}") from error
    extension = getattr(module, "EXTENSION", None)
    if not isinstance(extension, KINDS):
        kinds = ", ".join(kind.__name__ for kind in KINDS)
        raise CrackpipeError(
            f"{FOLDER}/{path.name}: holds no EXTENSION; end it with EXTENSION = extensions.KIND(…), KIND one of {kinds}"
        )
    return extension
