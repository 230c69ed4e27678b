"""The compiler's stand-in: networks train and run without it, and what needs the compiler still gets it."""

import functools
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


ASKED = [
    "torch._dynamo.config.cache_size_limit",
    "__import__('torch._dynamo.config').__name__",
    "__import__('torchvision').ops.roi_align(torch.ones(1, 1, 4, 4), [torch.zeros(1, 4)], 1).shape",
    "torch.compile(torch.sin, backend='eager')(torch.zeros(1))",
]
pytestmark = pytest.mark.slow


def printed(code: str) -> list[str]:
    """Lines that Python prints when it runs the code in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_training_loads_no_compiler_and_gives_the_same_weights() -> None:
    (plain,) = printed(TRAIN.format(before=""))
    lean, loaded, imported = printed(f"{TRAIN.format(before=LEAVE_OUT)}{LOADED}\nimport torchvision, timm; {LOADED}")
    assert (lean, loaded) == (plain, "False")
    assert imported == "False"


@pytest.mark.parametrize("first", [pytest.param(number, id=asked) for number, asked in enumerate(ASKED)])
def test_whatever_else_is_asked_for_is_answered_by_the_real_one(first: int) -> None:
    """Each is the first to be asked once: that one finds the stand-in."""
    asked = "; ".join(f"print({question})" for question in [ASKED[first], *ASKED])
    assert printed(f"import torch; {LEAVE_OUT}; {asked}")[1:] == answers()


@functools.cache
def answers() -> list[str]:
    """What the real compiler says, in the order of the questions."""
    return printed(f"import torch; {'; '.join(f'print({question})' for question in ASKED)}")


def test_a_compiler_that_is_loaded_already_stays() -> None:
    code = f"import torch, torch._dynamo as real; {LEAVE_OUT}; import sys; print(sys.modules['torch._dynamo'] is real)"
    assert printed(code) == ["True"]
