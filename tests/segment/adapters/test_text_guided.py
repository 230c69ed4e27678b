"""The text-guided segmenter: the mean or sum of its stages' crack maps, for the encoder that it was trained with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.models import cards, model_files
from crackpipe.segment.adapters import text_guided
from crackpipe.segment.adapters.text_guided import TextGuided

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]


def model(encoder: DualEncoder, *, stages: tuple[int, ...] = (1, 4)) -> TextGuided:
    torch.manual_seed(2)
    directions = torch.randn(1, encoder.joint_width) + 0.1 * torch.randn(2, encoder.joint_width)  # not far apart
    text = torch.nn.functional.normalize(directions, dim=1)
    made = text_guided.create(encoder, stages=stages, combine="mean", text=text)
    made.network.eval().requires_grad_(False)
    return made


@pytest.fixture
def pixels(draw: Picture) -> Tensor:
    """Two photographs, (2, 3, 64, 96), 0–255."""
    return torch.from_numpy(np.stack([draw(width=96, col=col)[0] for col in (20, 60)])).permute(0, 3, 1, 2)


def test_the_prediction_is_the_mean_of_the_stages_crack_maps(
    encoder: DualEncoder, runtime: Runtime, pixels: Tensor
) -> None:
    made = model(encoder, stages=(2, 3))
    before = pixels.clone()
    with torch.no_grad():
        tokens = encoder.stage_tokens(encoder.prepare(pixels, runtime))
        maps = made.network([tokens[1], tokens[2]], height=64, width=96)
    found = text_guided.predict(pixels, made, encoder, runtime)
    assert (found.shape, found.dtype) == ((2, 64, 96), torch.float32)
    torch.testing.assert_close(found, (maps[0] + maps[1]) / 2)
    assert found.min() < found.max()
    assert torch.equal(pixels, before)


def test_summed_stages_are_cut_at_certainty(encoder: DualEncoder, runtime: Runtime, pixels: Tensor) -> None:
    mean = model(encoder)
    halves = text_guided.predict(pixels, mean, encoder, runtime)
    summed = text_guided.predict(pixels, replace(mean, combine="sum"), encoder, runtime)
    torch.testing.assert_close(summed, (2 * halves).clamp(max=1))
    assert (summed == 1).any()
    assert (summed < 1).any()


def test_a_saved_segmenter_predicts_the_same_bytes(
    encoder: DualEncoder, runtime: Runtime, pixels: Tensor, tmp_path: Path
) -> None:
    made = replace(model(encoder), combine="sum")
    text_guided.save(tmp_path, made, labels="cam_crf", encoder="")
    loaded = text_guided.load(tmp_path, encoder, runtime)
    assert (loaded.stages, loaded.combine) == (made.stages, made.combine)
    assert cards.read(tmp_path, kind="segmenter")["labels"] == "cam_crf"
    assert not loaded.network.training
    wanted = text_guided.predict(pixels, made, encoder, runtime)
    assert torch.equal(text_guided.predict(pixels, loaded, encoder, runtime), wanted)


def test_a_segmenter_of_another_encoder_is_refused(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    text_guided.save(tmp_path, model(encoder), labels="truth", encoder="")
    other = DualEncoder(backbone="test_resnet", joint_width=16, text_width=32, text_layers=1)
    with pytest.raises(
        ModelError, match=r"weights of another architecture; 2 of 5 tensors .* first 'adapters.0.weight'"
    ):
        text_guided.load(tmp_path, other, runtime)
    wider = DualEncoder(backbone="test_efficientnet", joint_width=24, text_width=32, text_layers=1)
    with pytest.raises(ModelError, match="weights of another architecture"):
        text_guided.load(tmp_path, wider, runtime)


def test_an_encoder_is_no_segmenter(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    model_files.save(tmp_path, encoder, {"kind": "clip"})
    with pytest.raises(ModelError, match="holds a model of the kind 'encoder', but 'segmenter' is needed here"):
        text_guided.load(tmp_path, encoder, runtime)


def test_a_blank_photograph_has_an_even_map_away_from_the_border(encoder: DualEncoder, runtime: Runtime) -> None:
    found = text_guided.predict(torch.full((1, 3, 256, 256), 128, dtype=torch.uint8), model(encoder), encoder, runtime)
    inner = found[0, 112:144, 112:144]
    assert float(inner.max() - inner.min()) < 1 / 255
