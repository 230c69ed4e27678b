"""The examples of docs/extending.md do what the page says of them."""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from text_files import ROOT, blocks

TEXT = (ROOT / "docs/extending.md").read_text(encoding="utf-8")


def example(begins: str) -> str:
    """The one block of Python that begins so."""
    (found,) = (block for block in blocks(TEXT, "python") if block.startswith(begins))
    return found


def run(code: str, **names: Any) -> dict[str, Any]:
    space = dict(names)
    exec(compile(code, "extending.md", "exec"), space)
    return space


def test_every_example_is_python() -> None:
    found = blocks(TEXT, "python")
    assert len(found) == 11
    for block in found:
        ast.parse(f"if True:\n{block}" if block.startswith("    ") else block)


def test_every_file_that_is_to_be_changed_is_there() -> None:
    new = {"walls.py", "walls.yaml", "test_walls.py", "brier.py", "test_brier.py", "plain.py", "test_plain.py"}
    for path in re.findall(r"`((?:crackpipe|conf|tests)/[\w/.]+\.\w+)`", TEXT):
        assert Path(path).name in new or (ROOT / path).is_file(), path


def test_the_dataset_lists_photographs_with_their_masks(tmp_path: Path) -> None:
    space = run(example('"""Walls'))
    for name in ("images/a.jpg", "images/b.jpg", "masks/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = list(space["DATASET"].read(tmp_path))
    assert [(photo.name, photo.group, photo.read_mask is not None) for photo in found] == [
        ("a", "a", True),
        ("b", "b", False),
    ]


def test_the_loss_is_cross_entropy_and_the_squared_distance() -> None:
    brier = run(example('"""Brier'))["brier"]
    logits = torch.log(torch.tensor([[0.25, 0.75]]))
    step: Any = None
    loss = brier(torch.zeros(1, 3), logits, torch.tensor([1]), step, weight=2.0)
    assert loss.item() == pytest.approx(-np.log(0.75) + 2.0 * (0.25**2 + 0.25**2))


def test_the_segmenter_returns_one_map_of_logits_at_the_size_of_its_input() -> None:
    from crackpipe.errors import ModelError

    plain = run(example('"""A plain network'))["Plain"]
    network = plain(encoder="resnet18", trunk=None, width=0.25)
    (logits,) = network(torch.zeros(2, 3, 7, 9))
    assert (logits.shape, logits.dtype) == ((2, 7, 9), torch.float32)
    assert network.layers[0].out_channels == 8
    with pytest.raises(ModelError, match="set weights to none"):
        plain(encoder="resnet18", trunk=network, width=1.0)


def test_the_pseudo_label_is_the_blurred_map() -> None:
    from crackpipe.pseudo import methods

    blur = run(example("def cam_blur"), **vars(methods))["cam_blur"]
    cam = np.zeros((9, 9), np.float32)
    cam[4, 4] = 1
    found = blur(np.zeros((9, 9, 3), np.uint8), cam, blur_px=1.0)
    assert found.dtype == np.uint8
    assert found[4, 4] == pytest.approx(255 / (2 * np.pi), abs=1)  # a Gaussian's middle


def test_the_head_prefers_the_class_whose_mean_is_nearer() -> None:
    from crackpipe.few_shot import training_free

    code = next(block for block in blocks(TEXT, "python") if block.startswith("def nearest_mean(\n"))
    head = run(code, **vars(training_free))["nearest_mean"]
    train = np.float32([[1, 0], [0, 1]])
    found = head(train, np.array([0, 1]), np.float32([[0.6, 0.8], [0.8, 0.6]]), scale=5.0)
    assert found[0] == pytest.approx(1 / (1 + np.exp(-5 * 0.2)))
    assert found[0] + found[1] == pytest.approx(1)
