"""Any segmenter behind one function: a photograph of any size in, a mask of its size out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_inference import PLAIN
from scipy import ndimage
from torch import Tensor

from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.imaging import images
from crackpipe.models import cards, model_files
from crackpipe.segment.adapters import text_guided
from crackpipe.segment.inference import darkening, segmenter, torch_engine
from crackpipe.segment.inference.segmenter import Segmenter
from crackpipe.segment.networks import pixel_network

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]


def darkness(*, multiple_px: int = 32, sizes: list[tuple[int, ...]] | None = None) -> Segmenter:
    """Each pixel's darkness: a segmenter whose every answer is known; notes the sizes of its inputs."""

    def predict(pixels: np.ndarray) -> np.ndarray:
        if sizes is not None:
            sizes.append(pixels.shape[1:3])
        return 1 - pixels.mean(axis=3, dtype=np.float32) / np.float32(255)

    return Segmenter(predict, multiple_px)


def segment(image: np.ndarray, chosen: Segmenter | None = None, **changed: Any) -> np.ndarray:
    return segmenter.segment(image, chosen or darkness(), replace(PLAIN, **changed), what=None)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@settings(max_examples=30)
@given(height=st.integers(1, 150), width=st.integers(1, 150), side_px=st.sampled_from([None, 32, 50]))
def test_a_photograph_of_any_size_gets_a_mask_of_its_size(height: int, width: int, side_px: int | None) -> None:
    image = noise(height, width)
    before = image.copy()
    mask = segment(image, side_px=side_px)
    assert (mask.shape, mask.dtype) == ((height, width), np.dtype(np.uint8))
    if side_px is None:
        assert np.abs(mask - (255 - image.mean(axis=2))).max() <= 0.51
    assert np.array_equal(image, before)


@pytest.mark.parametrize(("multiple_px", "side_px", "wanted"), [(32, 50, 64), (14, 50, 56), (14, 56, 56)])
def test_a_side_is_rounded_up_to_the_segmenters_step(multiple_px: int, side_px: int, wanted: int) -> None:
    sizes: list[tuple[int, ...]] = []
    segment(noise(100, 80), darkness(multiple_px=multiple_px, sizes=sizes), side_px=side_px)
    assert sizes == [(wanted, wanted)]


def test_tiles_are_rounded_up_to_the_segmenters_step() -> None:
    """One tile side of params.yaml serves networks of 32 px and transformers of 14 px tokens."""
    sizes: list[tuple[int, ...]] = []
    image = noise(100, 60)
    mask = segment(image, darkness(multiple_px=14, sizes=sizes), tile_px=64)
    assert set(sizes) == {(70, 70)}
    assert np.abs(mask - (255 - image.mean(axis=2))).max() <= 0.51


def test_a_squeezed_photograph_comes_back_at_its_size() -> None:
    image = np.full((100, 200, 3), 255, np.uint8)
    image[:, 100:] = 0
    mask = segment(image, side_px=32)
    assert mask.shape == (100, 200)
    assert (mask[:, :90] == 0).all()
    assert (mask[:, 110:] == 255).all()


@pytest.mark.parametrize("erosions", [1, 3])
def test_each_erosion_is_a_running_minimum(erosions: int) -> None:
    image = noise(60, 70)
    wanted = ndimage.minimum_filter(segment(image), 2 * erosions + 1, mode="constant", cval=255)
    assert np.array_equal(segment(image, erosions=erosions), wanted)


def test_the_photographs_own_darkness_decides_its_share(draw: Picture) -> None:
    image, _ = draw(height=80, width=70)

    def everywhere(pixels: np.ndarray) -> np.ndarray:
        return np.full(pixels.shape[:3], 0.8, np.float32)

    plain, dark = (segment(image, Segmenter(everywhere, 32), dark_share=share) for share in (0.0, 0.5))
    assert (plain == 204).all()
    wanted = darkening.darkened(image, plain, share=0.5, near=0.5, softness=20.0, bilateral_px=5, bilateral_sigma=120.0)
    assert np.array_equal(dark, wanted)
    assert dark.min() < 204
    squeezed = segment(image, Segmenter(everywhere, 32), dark_share=0.5, side_px=32)
    assert np.array_equal(squeezed, wanted)  # the darkness of the whole photograph, not of the squeezed one


def test_erosions_follow_the_darkness(draw: Picture) -> None:
    image, _ = draw(height=80, width=70)
    wanted = images.erode(segment(image, dark_share=0.5), times=2)
    assert np.array_equal(segment(image, dark_share=0.5, erosions=2), wanted)


def test_symmetries_and_scales_reach_the_tiles() -> None:
    image = np.full((64, 64, 3), 100, np.uint8)

    def leftmost(pixels: np.ndarray) -> np.ndarray:
        found = np.zeros(pixels.shape[:3], np.float32)
        found[:, :, 0] = 1
        return found

    one, two = (segment(image, Segmenter(leftmost, 32), flips=flips) for flips in (1, 2))
    assert (one[:, 0] == 255).all()
    assert not one[:, 1:].any()
    assert np.isin(two[:, [0, -1]], (127, 128)).all()  # mirrored, the last column is the first
    sizes: list[tuple[int, ...]] = []
    segment(image, darkness(sizes=sizes), scales=[1.0, 0.5])
    assert sizes == [(64, 64), (32, 32)]


def test_the_width_of_its_cracks_chooses_the_scales_of_a_photograph() -> None:
    thin = np.full((128, 128, 3), 255, np.uint8)
    thin[:, 60:64] = 0
    wide = np.full((128, 128, 3), 255, np.uint8)
    wide[:, 40:60] = 0
    for image, wanted in ((thin, [64, 128, 256]), (wide, [64, 128, 32])):
        sizes: list[tuple[int, ...]] = []
        segment(image, darkness(sizes=sizes), scales=[0.25, 0.5, 1.0, 2.0], tile_px=256)
        assert [height for height, _ in sizes] == wanted  # a first look at half and full size, then what suits it


def test_a_network_of_pixels_is_loaded(runtime: Runtime, draw: Picture, tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = pixel_network.create("unet", encoder="test_resnet", weights="none", width=1 / 16, trunk=None, refine_px=0)
    made.network.eval()
    pixel_network.save(tmp_path, made, labels="truth")
    loaded = torch_engine.load(tmp_path, runtime, clip=tmp_path / "not_needed")
    assert loaded.multiple_px == 32
    image, _ = draw()
    wanted = made.predict(torch.from_numpy(image).permute(2, 0, 1)[None], runtime)[0].detach().numpy()
    assert np.abs(segment(image, loaded) - 255 * wanted).max() <= 0.51


def test_adapters_are_loaded_with_their_encoder(
    encoder: DualEncoder, runtime: Runtime, draw: Picture, tmp_path: Path
) -> None:
    spec = {"architecture": "dual", "backbone": "test_efficientnet", "joint_width": 16, "text_width": 32}
    encoder_files.save(tmp_path / "clip", encoder, spec | {"text_layers": 1})
    torch.manual_seed(1)
    text = torch.nn.functional.normalize(torch.randn(2, 16), dim=1)
    made = text_guided.create(encoder, stages=(1, 2), combine="mean", text=text)
    text_guided.save(tmp_path / "adapters", made, labels="truth", encoder=encoder_files.digest(tmp_path / "clip"))
    loaded = torch_engine.load(tmp_path / "adapters", runtime, clip=tmp_path / "clip")
    assert loaded.multiple_px == encoder.multiple_px
    image, _ = draw()
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None]
    wanted = text_guided.predict(pixels, made, encoder, runtime)[0].numpy()
    assert np.abs(segment(image, loaded) - 255 * wanted).max() <= 0.51


def test_adapters_are_refused_with_another_encoder_of_the_same_architecture(
    encoder: DualEncoder, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"architecture": "dual", "backbone": "test_efficientnet", "joint_width": 16, "text_width": 32}
    for name in ("clip", "other"):
        encoder_files.save(tmp_path / name, encoder, spec | {"text_layers": 1})
        torch.nn.init.normal_(next(encoder.parameters()))
    made = text_guided.create(encoder, stages=(1, 2), combine="mean", text=torch.eye(2, 16))
    text_guided.save(tmp_path / "adapters", made, labels="truth", encoder=encoder_files.digest(tmp_path / "clip"))
    torch_engine.load(tmp_path / "adapters", runtime, clip=tmp_path / "clip")
    with monkeypatch.context() as patch:
        reads: list[Path] = []
        read = encoder_files.load
        patch.setattr(encoder_files, "load", lambda folder, runtime: reads.append(folder) or read(folder, runtime))
        both = torch_engine.load_all([tmp_path / "adapters"] * 2, runtime, clip=tmp_path / "clip")
    assert (len(both), reads) == (2, [tmp_path / "clip"])
    with pytest.raises(ModelError, match=r"adapters: trained on another encoder than the one in .*other; train"):
        torch_engine.load(tmp_path / "adapters", runtime, clip=tmp_path / "other")
    card = cards.read(tmp_path / "adapters", kind="segmenter")
    del card["encoder"]  # as earlier versions wrote it
    model_files.copy(tmp_path / "adapters", tmp_path / "earlier", card)
    torch_engine.load(tmp_path / "earlier", runtime, clip=tmp_path / "other")


def test_an_odd_photograph_is_mirrored_up_to_the_step(encoder: DualEncoder, runtime: Runtime, draw: Picture) -> None:
    text = torch.eye(2, 16)
    torch.manual_seed(1)
    made = text_guided.create(encoder, stages=(1, 2), combine="mean", text=text)

    def predict(pixels: Tensor) -> Tensor:
        return text_guided.predict(pixels, made, encoder, runtime)

    image, _ = draw(height=50, width=60)
    larger = np.pad(image, ((0, 14), (0, 4), (0, 0)), mode="reflect")
    chosen = torch_engine.from_network(predict, encoder.multiple_px)
    assert np.array_equal(segment(image, chosen), segment(larger, chosen)[:50, :60])


def test_what_is_no_segmenter_is_refused(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    model_files.save(tmp_path, encoder, {"kind": "clip"})
    with pytest.raises(ModelError, match="holds a model of the kind 'encoder', but 'segmenter' is needed here"):
        torch_engine.load(tmp_path, runtime, clip=tmp_path)
