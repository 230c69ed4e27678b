"""A trained segmenter: any photograph in, a mask of its size out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crackpipe import images, models
from crackpipe.clip.encoder import DualEncoder
from crackpipe.errors import ModelError
from crackpipe.runtime import Runtime
from crackpipe.segment import segmenter
from crackpipe.segment.segmenter import Segmenter

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]


def model(encoder: DualEncoder, *, stages: tuple[int, ...] = (1, 4)) -> Segmenter:
    torch.manual_seed(2)
    text = torch.nn.functional.normalize(torch.randn(2, encoder.joint_width), dim=1)
    made = segmenter.create(encoder, stages=stages, combine="mean", text=text)
    return replace(made, network=made.network.eval().requires_grad_(False))


def segment(
    image: np.ndarray, encoder: DualEncoder, machine: Runtime, *, side_px: int | None = None, erosions: int = 0
) -> np.ndarray:
    return segmenter.segment(image, model(encoder), encoder, machine, side_px=side_px, erosions=erosions)


@settings(max_examples=12)
@given(height=st.integers(1, 100), width=st.integers(1, 100), side_px=st.sampled_from([None, 32, 50]))
def test_a_photograph_of_any_size_gets_a_mask_of_its_size(
    height: int, width: int, side_px: int | None, encoder: DualEncoder, machine: Runtime
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    before = image.copy()
    mask = segment(image, encoder, machine, side_px=side_px)
    assert (mask.shape, mask.dtype) == ((height, width), np.dtype(np.uint8))
    np.testing.assert_array_equal(image, before)


def test_the_mask_is_the_mean_of_the_stages_crack_maps(encoder: DualEncoder, machine: Runtime, draw: Picture) -> None:
    image, _ = draw(height=64, width=96)
    made = model(encoder, stages=(2, 3))
    with torch.no_grad():
        tokens = encoder.stage_tokens(encoder.prepare(torch.from_numpy(image).permute(2, 0, 1)[None], machine))
        maps = made.network([tokens[1], tokens[2]], height=64, width=96)
    wanted = (maps[0][0, 1] + maps[1][0, 1]) / 2 * 255
    mask = segmenter.segment(image, made, encoder, machine, side_px=None, erosions=0)
    np.testing.assert_allclose(mask, wanted.numpy(), atol=0.51)
    assert mask.min() < mask.max()


def test_an_odd_photograph_is_mirrored_up_to_the_encoders_step(
    encoder: DualEncoder, machine: Runtime, draw: Picture
) -> None:
    image, _ = draw(height=50, width=70)
    larger = np.pad(image, ((0, 14), (0, 26), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(segment(image, encoder, machine), segment(larger, encoder, machine)[:50, :70])


def test_a_side_is_rounded_up_to_the_encoders_step(encoder: DualEncoder, machine: Runtime, draw: Picture) -> None:
    image, _ = draw(height=100, width=80)
    np.testing.assert_array_equal(
        segment(image, encoder, machine, side_px=50), segment(image, encoder, machine, side_px=64)
    )


def test_each_erosion_is_a_running_minimum(encoder: DualEncoder, machine: Runtime, draw: Picture) -> None:
    image, _ = draw()
    plain = segment(image, encoder, machine)
    eroded = segment(image, encoder, machine, erosions=2)
    for row, col in ((10, 10), (30, 22), (63, 40), (0, 0)):
        around = plain[max(0, row - 2) : row + 3, max(0, col - 2) : col + 3]
        assert eroded[row, col] == around.min()


def test_a_saved_segmenter_gives_the_same_mask(
    encoder: DualEncoder, machine: Runtime, draw: Picture, tmp_path: Path
) -> None:
    made = model(encoder)
    segmenter.save(tmp_path, made, labels="pseudo")
    loaded = segmenter.load(tmp_path, encoder, machine)
    assert (loaded.stages, loaded.combine) == (made.stages, made.combine)
    assert models.card(tmp_path, kind="segmenter")["labels"] == "pseudo"
    image, _ = draw()
    np.testing.assert_array_equal(
        segmenter.segment(image, loaded, encoder, machine, side_px=None, erosions=0),
        segmenter.segment(image, made, encoder, machine, side_px=None, erosions=0),
    )


def test_a_segmenter_of_another_encoder_is_refused(encoder: DualEncoder, machine: Runtime, tmp_path: Path) -> None:
    segmenter.save(tmp_path, model(encoder), labels="truth")
    other = DualEncoder(backbone="test_resnet", joint_width=16, text_width=32, text_layers=1)
    with pytest.raises(
        ModelError, match=r"weights of another architecture; 2 of 5 tensors .* first 'adapters.0.weight'"
    ):
        segmenter.load(tmp_path, other, machine)
    wider = DualEncoder(backbone="test_efficientnet", joint_width=24, text_width=32, text_layers=1)
    with pytest.raises(ModelError, match="weights of another architecture"):
        segmenter.load(tmp_path, wider, machine)


def test_an_encoder_is_no_segmenter(encoder: DualEncoder, machine: Runtime, tmp_path: Path) -> None:
    models.save(tmp_path, encoder, {"kind": "clip"})
    with pytest.raises(ModelError, match="holds a 'clip', but a 'segmenter' is needed here"):
        segmenter.load(tmp_path, encoder, machine)


def test_summed_stages_are_cut_at_certainty(encoder: DualEncoder, machine: Runtime, draw: Picture) -> None:
    image, _ = draw()
    mean = model(encoder)
    summed = replace(mean, combine="sum")
    first = segmenter.segment(image, mean, encoder, machine, side_px=None, erosions=0).astype(int)
    second = segmenter.segment(image, summed, encoder, machine, side_px=None, erosions=0).astype(int)
    assert (np.abs(second - np.minimum(2 * first, 255)) <= 1).all()


def test_a_blank_photograph_has_an_even_mask_away_from_the_border(encoder: DualEncoder, machine: Runtime) -> None:
    mask = segment(np.full((256, 256, 3), 128, np.uint8), encoder, machine)
    inner = images.resize(mask, height=256, width=256, method="nearest")[112:144, 112:144]
    assert np.ptp(inner) <= 1
