"""The compiler's stand-in: networks train and run without it, and what needs the compiler still gets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRAIN = """
import torch
{before}
torch.manual_seed(0)
net = torch.nn.Linear(3, 2)
optimiser = torch.optim.AdamW(net.parameters(), lr=0.1)
for _ in range(3):
    optimiser.zero_grad()
    net(torch.ones(1, 3)).square().sum().backward()
    optimiser.step()
print([round(value, 6) for value in net.weight.flatten().tolist()])
"""
LEAVE_OUT = "from crackpipe.compute import compiler; compiler.leave_out()"
LOADED = "import sys; print('torch._dynamo.symbolic_convert' in sys.modules)"
STAYS = f"import torch._dynamo as real; {LEAVE_OUT}; import sys; print(sys.modules['torch._dynamo'] is real)"
ASKED = [
    "torch._dynamo.config.cache_size_limit",
    "__import__('torch._dynamo.config').__name__",
    "__import__('torchvision').ops.roi_align(torch.ones(1, 1, 4, 4), [torch.zeros(1, 4)], 1).shape",
    "torch.compile(torch.sin, backend='eager')(torch.zeros(1))",
]
# Runs each code in a copy of a process that has loaded torch alone, and what the compiler loads of others' packages.
IN_COPIES = """
import json, os, sys
import PIL.Image, sympy, torch
folder, codes = sys.argv[1], json.loads(sys.argv[2])
assert not any(name.startswith("torch._dynamo") for name in sys.modules)
for name, code in codes.items():
    if not (copy := os.fork()):
        with open(f"{folder}/{name}", "w") as sys.stdout:
            exec(code, {})
        os._exit(0)
    assert os.waitpid(copy, 0)[1] == 0, name
"""
pytestmark = pytest.mark.slow


def questions(asked: list[str]) -> str:
    return "; ".join(f"print({question})" for question in asked)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Lines that each process printed."""
    codes = {
        "plain": f"{TRAIN.format(before='')}{questions(ASKED)}\n{STAYS}",
        "lean": f"{TRAIN.format(before=LEAVE_OUT)}{LOADED}\nimport torchvision, timm; {LOADED}",
        **{
            str(number): f"import torch; {LEAVE_OUT}; {questions([question, *ASKED])}"
            for number, question in enumerate(ASKED)
        },
    }
    folder = tmp_path_factory.mktemp("printed")
    command = [sys.executable, "-c", IN_COPIES, str(folder), json.dumps(codes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name: (folder / name).read_text(encoding="utf-8").splitlines() for name in codes}


def test_training_loads_no_compiler_and_gives_the_same_weights(printed: dict[str, list[str]]) -> None:
    weights, loaded, imported = printed["lean"]
    assert weights == printed["plain"][0]
    assert loaded == imported == "False"


@pytest.mark.parametrize("first", [pytest.param(number, id=asked) for number, asked in enumerate(ASKED)])
def test_whatever_else_is_asked_for_is_answered_by_the_real_one(first: int, printed: dict[str, list[str]]) -> None:
    """Each is the first to be asked once: that one finds the stand-in."""
    answers = printed["plain"][1:-1]
    assert len(answers) == len(ASKED)
    assert printed[str(first)] == [answers[first], *answers]


def test_a_compiler_that_is_loaded_already_stays(printed: dict[str, list[str]]) -> None:
    assert printed["plain"][-1] == "True"
