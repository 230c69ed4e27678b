"""What a digest of code passes over, and what it does not, on sources written by hand and on the project's own."""

import io
import json
import shutil
import subprocess
import tokenize
from pathlib import Path

import pytest

from crackpipe.files.code_digest import digest, stripped

ROOT = Path(__file__).parents[2]
OWN = sorted(path for package in ("crackpipe", "pipeline") for path in (ROOT / package).rglob("*.py"))

# name: (source, what is left of it)
CASES = {
    "a comment on a line of its own": ("# said\nx = 1\n", "x = 1\n"),
    "a comment after a statement": ("x = 1  # said\n", "x = 1\n"),
    "a comment at the end of a file without a last line break": ("x = 1\n# said", "x = 1\n"),
    "a comment-only line in brackets": (
        "x = [\n    # said\n    1,  # said\n\n    2,\n]\n",
        "x = [\n    1,\n    2,\n]\n",
    ),
    "an encoding and an interpreter": ("#!/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n", "x = 1\n"),
    "a byte order mark": ("\ufeffx = 1\n", "x = 1\n"),
    "blank lines": ("\n\nx = 1\n\n   \n\t\ny = 2\n\n", "x = 1\ny = 2\n"),
    "blanks at the ends of lines": ("x = 1   \nif x:\t\n    y = 2 \t\n", "x = 1\nif x:\n    y = 2\n"),
    "form feeds": ("x = 1\n\f\ny = 2\f\n", "x = 1\ny = 2\n"),
    "Windows line ends": ("x = 1\r\ny = '''a\r\nb'''\r\n", "x = 1\ny = '''a\nb'''\n"),
    "old Macintosh line ends": ("x = 1\ry = 2\r", "x = 1\ny = 2\n"),
    "an empty file": ("", ""),
    "a file of a docstring alone": ('"""Said."""\n', ""),
    "a module's docstring": ('"""Said.\n\nMore.\n"""\n\nx = 1\n', "x = 1\n"),
    "a docstring after comments": ("# one\n\n'said'\nx = 1\n", "x = 1\n"),
    "a docstring with a prefix": ('r"""\\d"""\nx = 1\n', "x = 1\n"),
    "a docstring with the old prefix": ("U'said'\nx = 1\n", "x = 1\n"),
    "a docstring of several strings": ("'a' \"b\" \\\n    r'c'\nx = 1\n", "x = 1\n"),
    "a docstring in brackets": ("(  # said\n    'a'\n    'b'\n)\nx = 1\n", "x = 1\n"),
    "a docstring and a semicolon": ("'said'; x = 1\n", "x = 1\n"),
    "a docstring and a semicolon alone": ("'said' ;\nx = 1\n", "x = 1\n"),
    "a docstring and a comment": ("'said'  # more\nx = 1\n", "x = 1\n"),
    "a docstring on the function's line": ('def f(): "said"\nx = 1\n', "def f():\nx = 1\n"),
    "a statement after it on that line": ('def f(): "said"; return 1\n', "def f(): return 1\n"),
    "letters of several bytes before it": ('def größe(): "said"; return "ä"\n', 'def größe(): return "ä"\n'),
    "a decorated method's docstring": (
        'class A:\n    """Said."""\n\n    @property\n    def f(self):\n        """Said."""\n        return 1\n',
        "class A:\n    @property\n    def f(self):\n        return 1\n",
    ),
    "docstrings inside": (
        "async def f():\n    'said'\n    def g():\n        'said'\n    if g:\n        class A: 'said'\n    return g\n",
        "async def f():\n    def g():\n    if g:\n        class A:\n    return g\n",
    ),
    "docstrings in handlers and cases": (
        "try:\n    pass\nexcept E:\n    def f(): 'said'\nmatch x:\n    case 1:\n        def f():\n            'said'\n",
        "try:\n    pass\nexcept E:\n    def f():\nmatch x:\n    case 1:\n        def f():\n",
    ),
}
KEPT = {
    "a string that is no first statement": "x = 1\n'kept'\n",
    "a string that opens another block": "if x:\n    'kept'\n    y = 1\n",
    "the first string of an expression": "'kept'.strip()\n",
    "bytes": "b'kept'\n",
    "an f-string": "f'kept'\n",
    "a string and an f-string": "'kept' f'{1}'\n",
    "a # in a string": "x = '# kept' + \"# kept\"\n",
    "a # in an f-string": "x = f'{y:#x} # {y!r:>#4}'\n",
    "a # in a string in an f-string": "x = f\"{y['#']} #\"\n",
    "doubled brackets": "x = f'{{# {y} }} #'\n",
    "letters of several bytes in an f-string": "x = f'äöü{y}→' + '# kept'\n",
    "three quotes in an f-string": "x = f\"'''# kept {y} '''\"\n",
    "quotes in a string of three": 'x = """a "b" ""c ""\\""" # d"""\n',
    "an escaped quote": "x = 'it\\'s # kept'\n",
    "a raw string that ends in a backslash and a quote": "x = r'\\'' + '# kept'\n",
    "blank lines and blanks in a string": "x = '''a  \n\n   \n  b # kept\n'''\n",
    "blank lines and blanks in an f-string": "x = f'''a  \n\n{y}   \n  b # kept\n'''\n",
    "a string over two lines": "x = 'a \\\n  # kept'\n",
    "a continued line": "x = 1 + \\\n    2\n",
    "empty strings": "x = '' + \"\" + '''''' + \"\"\"\"\"\"\n",
    "two statements on a line": "x = 1; y = 2\n",
}


@pytest.mark.parametrize("name", CASES)
def test_what_says_nothing_to_python_goes(name: str) -> None:
    source, left = CASES[name]
    assert stripped(source) == left


@pytest.mark.parametrize("name", KEPT)
def test_what_python_runs_stays(name: str) -> None:
    assert stripped(KEPT[name]) == KEPT[name]


def test_equal_code_has_one_digest_and_other_code_another() -> None:
    plain = "def f(x):\n    return x\n"
    assert digest(f'"""Said."""\n\n\n{plain}# end') == digest(plain)
    others = ["def f(x):\n    return -x\n", "def f(x):\n  return x\n", "def f(x): return x\n", plain + "f(1)\n", ""]
    assert len({digest(one) for one in [plain, *others]}) == 1 + len(others)
    assert len(digest(plain)) == 32


def test_the_digest_of_these_bytes_never_changes() -> None:
    """Every dvc.lock holds digests: another way to write or to hash them would run all stages again."""
    assert digest("x = 1\n") == "1de70bc15d424d4453e6c531451e490b"


def test_escapes_that_python_warns_of_are_no_error() -> None:
    assert stripped("x = '\\d'  # said\n") == "x = '\\d'\n"


def tokens(source: str) -> list[str]:
    """Python's own tokens, without comments, line breaks and statements of strings alone."""
    lines: list[list[tokenize.TokenInfo]] = [[]]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            lines[-1].append(token)
        if token.type == tokenize.NEWLINE:
            lines.append([])
    said = [line for line in lines if {token.type for token in line} != {tokenize.STRING, tokenize.NEWLINE}]
    return [token.string for line in said for token in line if token.type != tokenize.NEWLINE]


def test_python_sees_the_same_code_in_what_is_left_of_each_file_of_the_project() -> None:
    for path in OWN:
        source = path.read_text(encoding="utf-8")
        assert tokens(stripped(source)) == tokens(source), path


SCRIPT = """
import json, pathlib, runpy, sys
module = runpy.run_path(sys.argv[1])
texts = json.load(sys.stdin)
json.dump([module["digest"](text) for text in texts], sys.stdout)
"""


@pytest.mark.nightly
@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_version_of_python_gives_the_same_digests(version: str) -> None:
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"there is no Python {version} on this machine")
    texts = [source for source, _ in CASES.values()] + list(KEPT.values())
    texts += [path.read_text(encoding="utf-8") for path in OWN]
    command = [python, "-c", SCRIPT, str(ROOT / "crackpipe/files/code_digest.py")]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [digest(text) for text in texts]
