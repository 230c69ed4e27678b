"""Files of the project that a module imports, directly or through others, told from their texts.

Nothing is imported for it, so that the lists of all stages take less than a second together.
"""

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import decode_source
from pathlib import Path
from typing import NamedTuple

from crackpipe.errors import CrackpipeError
from crackpipe.files.code_digest import parse, statements

PACKAGES = ("crackpipe", "pipeline")
_BY_NAME = ("import_module", "__import__")
_SUFFIXES = (".py", ".pyi")


class _Import(NamedTuple):
    """``import module`` where ``name`` is ``None``, else ``from module import name``; ``line`` counts from 1."""

    line: int
    module: str
    name: str | None


def read(root: Path, packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Read the Python files and stubs of the packages at ``root``; texts by path, relative to it, with ``/``."""
    paths = (path for package in packages for path in (root / package).rglob("*.py*") if path.suffix in _SUFFIXES)
    return {path.relative_to(root).as_posix(): decode_source(path.read_bytes()) for path in paths}


class SourceTree:
    """Code of the project: texts by path, as :func:`read` gives them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._packages = tuple(sorted({file.partition("/")[0] for file in texts}))
        self._files: dict[str, str] = {}  # by the dotted name of the module
        for file in texts:
            name, _, suffix = file.replace("/", ".").rpartition(".")
            if name.endswith(".__init__") and suffix == "py":
                self._files[name.removesuffix(".__init__")] = file  # before a module of that name, as for Python
            elif suffix == "py":
                self._files.setdefault(name, file)
        self._needs: dict[str, frozenset[str]] = {}

    def closure(self, module: str, *, left_out: Mapping[str, frozenset[str]]) -> list[str]:
        """Files that ``module`` imports, directly or not, its own and its packages' ``__init__.py`` included.

        Imports inside functions count, those under ``if TYPE_CHECKING:`` do not. A name that a package hands on by
        ``lazy_loader.attach_stub`` stands for the module that it comes from, and for the stub; such a package that is
        imported as a whole stands for all that it hands on.

        Args:
            module: dotted name, such as ``pipeline.slice``.
            left_out: by file, files that are not followed from there.

        Returns:
            Paths, sorted.

        Raises:
            CrackpipeError: there is no such module, a file is no Python, or an import of the project's own code cannot
                be followed: it is relative, takes ``*``, computes a name, or names what is not there.
        """
        if module not in self._files:
            raise CrackpipeError(f"{module}: there is no {module.replace('.', '/')}.py; mend the name")
        reached: set[str] = set()
        waiting = {self._files[module]}
        while waiting:
            file = waiting.pop()
            reached.add(file)
            if file not in self._needs:
                self._needs[file] = frozenset(self._imported(file))
            waiting |= self._needs[file] - left_out.get(file, frozenset()) - reached
        return sorted(reached)

    def _imported(self, file: str) -> Iterator[str]:
        """Files that Python reads for one file, without those that they need in their turn."""
        above = file.split("/")[:-1]
        packages = (".".join(above[:end]) for end in range(1, len(above) + 1))
        yield from (self._files[package] for package in packages if package in self._files)
        if file.endswith(".py"):  # whoever asks a stub for a name needs that name's module alone
            for statement in self._imports(file):
                yield from self._files_of(statement, file)

    def _imports(self, file: str) -> tuple[_Import, ...]:
        try:
            return _imports_of(self._texts[file], self._packages)
        except SyntaxError as error:
            raise CrackpipeError(f"{file}:{error.lineno}: is no Python ({error.msg}); mend it") from None
        except CrackpipeError as error:
            raise CrackpipeError(f"{file}:{error}") from None

    def _files_of(self, imported: _Import, file: str) -> list[str]:
        """Files that an import in ``file`` stands for; the packages that they lie in come with them."""
        line, module, name = imported
        if module not in self._files:
            where = module.replace(".", "/")
            raise CrackpipeError(f"{file}:{line}: imports {module}, but there is no {where}.py; mend the name")
        if name is None:
            parts = module.split(".")
            packages = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]  # each can be asked for names
            return [path for package in packages if package in self._files for path in self._whole(package)]
        if f"{module}.{name}" in self._files:
            return self._whole(f"{module}.{name}")
        base = self._files[module]
        stub, handed_on = f"{base}i", self._handed_on(module)
        if name in handed_on and file != stub:
            return [base, stub, *self._files_of(handed_on[name], stub)]
        if base.endswith("/__init__.py") and name not in _bound(self._texts[base]):
            raise CrackpipeError(
                f"{file}:{line}: {module}.{name} is no module, and {base} has no such name; mend the name, "
                f"or list it in {stub}"
            )
        return [base]

    def _whole(self, module: str) -> list[str]:
        """File of a module, and for a package that hands on names by its stub, all that these come from."""
        base, handed_on = self._files[module], self._handed_on(module)
        inner = [path for source in handed_on.values() for path in self._files_of(source, f"{base}i")]
        return [base, f"{base}i", *inner] if handed_on else [base]

    def _handed_on(self, module: str) -> dict[str | None, _Import]:
        """Names that a package hands on with ``attach_stub``, and the import that each stands for."""
        base = self._files[module]
        if not base.endswith("/__init__.py") or "attach_stub" not in self._texts[base]:
            return {}
        stub = f"{base}i"
        if stub not in self._texts:
            raise CrackpipeError(f"{base}: calls attach_stub, but there is no {stub}; write it")
        return {source.name: source for source in _handed_on_by(self._texts[stub], module)}


@functools.lru_cache(maxsize=1024)
def _imports_of(text: str, packages: tuple[str, ...]) -> tuple[_Import, ...]:
    """Imports of the project's own code in a file's text.

    Raises:
        CrackpipeError: an import cannot be followed; the text begins with its line.
        SyntaxError: the text is no Python.
    """

    def owned(name: str) -> bool:
        return name.partition(".")[0] in packages

    imports = []
    for node in statements(parse(text).body, for_type_checkers=False):
        if isinstance(node, ast.Import):
            imports += [_Import(node.lineno, alias.name, None) for alias in node.names if owned(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise CrackpipeError(f"{node.lineno}: a relative import; write out the whole name")
            if owned(node.module or "") and node.names[0].name == "*":
                raise CrackpipeError(f"{node.lineno}: imports * from {node.module}; name what you use of it")
            if owned(node.module or ""):
                imports += [_Import(node.lineno, node.module or "", alias.name) for alias in node.names]
    for line, name, whole in _named_in_calls(text):
        if not whole and (owned(name) or "." not in name):
            raise CrackpipeError(f"{line}: imports a module whose name is computed; import it by name")
        if owned(name):
            imports.append(_Import(line, name, None))
    return tuple(imports)


@functools.lru_cache(maxsize=1024)
def _handed_on_by(stub: str, package: str) -> tuple[_Import, ...]:
    """Imports in the text of a package's stub; ``attach_stub`` takes those that begin with one dot."""
    nodes = [node for node in parse(stub).body if isinstance(node, ast.ImportFrom) and node.level == 1]
    sources = [f"{package}.{node.module}" if node.module else package for node in nodes]
    return tuple(
        _Import(node.lineno, source, alias.name)
        for node, source in zip(nodes, sources, strict=True)
        for alias in node.names
    )


def _named_in_calls(text: str) -> Iterator[tuple[int, str, bool]]:
    """Calls of ``import_module``: line, what is known of the name from its beginning, and whether that is all."""
    if not any(name in text for name in _BY_NAME):
        return
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.Call) and node.args:
            function, name = node.func, node.args[0]
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called in _BY_NAME:
                begin: ast.expr = name.values[0] if isinstance(name, ast.JoinedStr) and name.values else name
                known = begin.value if isinstance(begin, ast.Constant) and isinstance(begin.value, str) else ""
                yield node.lineno, known, name is begin and bool(known)


@functools.lru_cache(maxsize=1024)
def _bound(text: str) -> frozenset[str]:
    """Names that a module binds."""
    tree = parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in statements(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    return frozenset(names)
