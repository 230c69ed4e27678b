"""Training on kept tokens: it learns, and a killed run goes on to the same bits."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from crackpipe.clip import prompts
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.segment.adapters import fused_loss, text_guided, training
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.text_guided import TextGuided
from crackpipe.segment.inference import segmenter
from crackpipe.segment.inference.segmenter import Segmenter

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]
Keep = Callable[..., Examples]
LOSS = partial(fused_loss.text_adapters, focal_weight=1.0, dice_weight=1.0, edge_weight=1.0)


def untrained(encoder: DualEncoder | OpenClipEncoder) -> TextGuided:
    torch.manual_seed(0)
    text = prompts.text_matrix(encoder, flawless=["a flawless wall"], damaged=["a cracked wall"])
    return text_guided.create(encoder, stages=(1, 2), combine="mean", text=text)


def pictures(draw: Picture) -> list[tuple[np.ndarray, np.ndarray]]:
    found = [draw(col=col) for col in (8, 20, 30, 48)]
    return [(image[::step], mask[::step]) for image, mask in found for step in (1, -1)]  # upside down too


@pytest.fixture(scope="module")
def kept(encoder: DualEncoder, draw: Picture, keep: Keep, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return keep(tmp_path_factory.mktemp("tokens"), pictures(draw), encoder, (1, 2))


def fit(
    model: TextGuided, kept: Examples, runtime: Runtime, folder: Path, *, epochs: int, seed: int = 0, lr: float = 0.01
) -> list:
    folder.mkdir(exist_ok=True)
    return training.fit(
        model,
        kept,
        loss=LOSS,
        epochs=epochs,
        batch=3,
        lr=lr,
        seed=seed,
        runtime=runtime,
        checkpoint=Checkpoint(folder),
    )


def same(first: TextGuided, second: TextGuided) -> bool:
    other = second.network.state_dict()
    return all(torch.equal(value, other[name]) for name, value in first.network.state_dict().items())


def test_training_lowers_the_loss_and_leaves_the_prompts(
    encoder: DualEncoder, kept: Examples, runtime: Runtime, tmp_path: Path
) -> None:
    model = untrained(encoder)
    text = model.network.text.clone()
    history = fit(model, kept, runtime, tmp_path, epochs=6)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]
    assert torch.equal(model.network.text, text)
    assert not model.network.training


def test_equal_seeds_give_equal_bits(encoder: DualEncoder, kept: Examples, runtime: Runtime, tmp_path: Path) -> None:
    first, second, other = (untrained(encoder) for _ in range(3))
    assert fit(first, kept, runtime, tmp_path / "a", epochs=2) == fit(second, kept, runtime, tmp_path / "b", epochs=2)
    assert same(first, second)
    fit(other, kept, runtime, tmp_path / "c", epochs=2, seed=1)
    assert not same(first, other)


def test_a_killed_run_goes_on_to_the_same_bits(
    encoder: DualEncoder, kept: Examples, runtime: Runtime, tmp_path: Path
) -> None:
    through, killed, resumed = (untrained(encoder) for _ in range(3))
    wanted = fit(through, kept, runtime, tmp_path / "through", epochs=5)
    fit(killed, kept, runtime, tmp_path / "resumed", epochs=2)
    assert fit(resumed, kept, runtime, tmp_path / "resumed", epochs=5) == wanted
    assert same(through, resumed)


def test_a_finished_run_is_read_and_not_trained_again(
    encoder: DualEncoder, kept: Examples, runtime: Runtime, tmp_path: Path
) -> None:
    first, again = untrained(encoder), untrained(encoder)
    wanted = fit(first, kept, runtime, tmp_path, epochs=2)
    before = copy.deepcopy(first.network.state_dict())
    assert fit(again, kept, runtime, tmp_path, epochs=2) == wanted
    assert all(torch.equal(value, before[name]) for name, value in again.network.state_dict().items())


def test_an_open_clip_encoder_takes_the_dual_encoders_place(
    draw: Picture, keep: Keep, runtime: Runtime, tmp_path: Path
) -> None:
    """From prompts to a mask with the smallest architecture of open_clip, random weights."""
    torch.manual_seed(0)
    encoder = OpenClipEncoder("ViT-S-32-alt", weights="none").eval().requires_grad_(False)
    model = untrained(encoder)
    kept = keep(tmp_path / "tokens", pictures(draw), encoder, (1, 2))
    history = fit(model, kept, runtime, tmp_path / "state", epochs=5, lr=0.001)
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    image, _ = draw(height=75, width=101)
    predict = partial(text_guided.predict, segmenter=model, encoder=encoder, runtime=runtime)
    plain = {"overlap_px": 16, "flips": 1, "scales": [1.0], "crack_min_px": 3.0, "crack_max_px": 26.0}
    plain |= {"dark_share": 0.0, "dark_softness": 1.0, "erosions": 0}
    for side_px in (None, 64):
        chosen = Segmenter(predict, encoder.multiple_px)
        mask = segmenter.segment(image, chosen, side_px=side_px, tile_px=64, what=None, **plain)
        assert (mask.shape, mask.dtype) == ((75, 101), np.dtype(np.uint8))
