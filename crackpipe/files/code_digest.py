"""Digests of Python files that an edit of comments, docstrings and blank lines leaves as they are.

A digest is taken of the text that is left without them, never of a syntax tree or of Python's own tokens: these differ
between versions of Python.
"""

import ast
import functools
import hashlib
import re
import warnings
from collections.abc import Iterator

# In the grammar of Python 3.10 every quote and every # outside these begins one of them, f-strings not excepted.
_COMMENT_OR_STRING = re.compile(
    r"""
    \#[^\n]*
    | \"{3}(?:[^"\\]+|\\.|"(?!""))*\"{3}
    | '{3}(?:[^'\\]+|\\.|'(?!''))*'{3}
    | "(?:[^"\\\n]+|\\.)*"
    | '(?:[^'\\\n]+|\\.)*'
    """,
    re.VERBOSE | re.DOTALL,
)
_SEMICOLON = re.compile(r"[ \t\f]*;[ \t\f]*")
_BLANKS = " \t\f"
_INSIDE = "\0"  # stands for a line break inside a string; Python allows no such character in code


@functools.lru_cache(maxsize=1024)
def digest(source: str) -> str:
    """Digest (32 hexadecimal digits) of what :func:`stripped` leaves of Python source.

    Raises:
        SyntaxError: the source is no Python.
    """
    return hashlib.blake2b(stripped(source).encode(), digest_size=16).hexdigest()


def stripped(source: str) -> str:
    """Python source without comments, docstrings, blank lines and blanks at the ends of lines, which end in ``\\n``.

    It is the same under every version of Python that runs the source. A docstring is what Python takes for one: the
    first statement of a module, class or function where that is a string, joined from several or not. All other
    strings stay as they are, with their own blank lines. What is left need not be Python.

    Raises:
        SyntaxError: the source is no Python.
    """
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = _COMMENT_OR_STRING.sub(_kept, _without_docstrings(text))
    lines = (line.rstrip(_BLANKS) for line in text.split("\n"))
    return "".join(f"{line}\n" for line in lines if line).replace(_INSIDE, "\n")


def _kept(match: re.Match[str]) -> str:
    token = match[0]
    return "" if token.startswith("#") else token.replace("\n", _INSIDE)


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> ast.Module:
    """Parse a file's text once for all that asks for it; the tree must not be changed.

    Raises:
        SyntaxError: the text is no Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes such as "\d": a matter of who runs the file
        return ast.parse(text)


def _without_docstrings(text: str) -> str:
    """Cut out each docstring, together with a semicolon after it; its line's indentation stays, as blanks."""
    lines = text.split("\n")
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line) + 1)

    def position(line: int, byte: int) -> int:
        return begins[line - 1] + len(lines[line - 1].encode()[:byte].decode())

    pieces, done = [], 0
    for docstring in _docstrings(parse(text)):
        assert docstring.end_lineno is not None
        assert docstring.end_col_offset is not None
        pieces.append(text[done : position(docstring.lineno, docstring.col_offset)])
        done = position(docstring.end_lineno, docstring.end_col_offset)
        if semicolon := _SEMICOLON.match(text, done):
            done = semicolon.end()
    return "".join([*pieces, text[done:]])


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    """Statements that are docstrings, in the order of the text."""
    for node in [tree, *statements(tree.body)]:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                yield first


def statements(body: list[ast.stmt], *, for_type_checkers: bool = True) -> Iterator[ast.stmt]:
    """Walk through statements and those inside them, in the order of the text.

    Args:
        body: the statements of a module, or of a part of it.
        for_type_checkers: whether to go into ``if TYPE_CHECKING:``, too.
    """
    for node in body:
        yield node
        skipped = not for_type_checkers and isinstance(node, ast.If) and _asks_for_type_checkers(node.test)
        blocks = [] if skipped else [getattr(node, "body", [])]
        blocks += [part.body for name in ("handlers", "cases") for part in getattr(node, name, [])]
        blocks += [getattr(node, name, []) for name in ("orelse", "finalbody")]
        for block in blocks:
            yield from statements(block, for_type_checkers=for_type_checkers)


def _asks_for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"
