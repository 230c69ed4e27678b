"""A network of pixels with what its inputs need: run, saved, loaded, and refused where it does not fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.imaging import guided_filter
from crackpipe.models import cards
from crackpipe.segment.networks import pixel_network
from crackpipe.segment.networks.pixel_network import PixelNetwork

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]
ENCODERS = {"unet": "test_resnet", "oed": "test_efficientnet", "deepcrack_liu": "vgg16_bn", "deepcrack_zou": "vgg16_bn"}

every = pytest.mark.parametrize("name", ENCODERS)


def untrained(name: str, *, refine_px: int = 0) -> PixelNetwork:
    torch.manual_seed(0)
    made = pixel_network.create(
        name, encoder=ENCODERS[name], weights="none", width=1 / 16, trunk=None, refine_px=refine_px
    )
    made.network.eval().requires_grad_(False)
    return made


@pytest.fixture
def pixels(draw: Picture) -> Tensor:
    """Two photographs, (2, 3, 64, 96), 0–255."""
    return torch.from_numpy(np.stack([draw(width=96, col=col)[0] for col in (20, 60)])).permute(0, 3, 1, 2)


@every
def test_the_prediction_is_the_last_of_the_networks_maps(name: str, runtime: Runtime, pixels: Tensor) -> None:
    made = untrained(name)
    before = pixels.clone()
    logits = made.logits(pixels, runtime)
    found = made.predict(pixels, runtime)
    assert [tuple(one.shape) for one in logits] == [(2, 64, 96)] * len(logits)
    assert all(one.dtype == torch.float32 for one in (*logits, found))
    assert torch.equal(found, torch.sigmoid(logits[-1]))
    assert 0 <= found.min() < found.max() <= 1
    assert torch.equal(pixels, before)


def test_a_side_that_does_not_fit_the_network_is_refused(runtime: Runtime) -> None:
    with pytest.raises(ModelError, match=r"UNet: got photographs of 64×50 px .* must be multiples of 32; pad them to"):
        untrained("unet").predict(torch.zeros(1, 3, 64, 50, dtype=torch.uint8), runtime)


def test_inputs_are_scaled_as_the_encoders_pretraining_did(runtime: Runtime, pixels: Tensor) -> None:
    made = untrained("oed")
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.no_grad():
        wanted = made.network((pixels / 255 - mean) / std)
    for one, other in zip(made.logits(pixels, runtime), wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    assert untrained("unet").mean == (0.5, 0.5, 0.5)  # another encoder, another scale


@every
def test_a_saved_network_predicts_the_same_bytes(name: str, runtime: Runtime, pixels: Tensor, tmp_path: Path) -> None:
    made = untrained(name, refine_px=2)
    runtime.place(made.network)  # another order of the weights in memory is another order of sums
    pixel_network.save(tmp_path, made, labels="soft_location")
    loaded = pixel_network.load(tmp_path, runtime)
    assert torch.equal(loaded.predict(pixels, runtime), made.predict(pixels, runtime))
    kept = ("name", "encoder", "width", "mean", "std", "refine_px", "multiple_px")
    assert [getattr(loaded, part) for part in kept] == [getattr(made, part) for part in kept]
    assert not loaded.network.training
    assert not any(value.requires_grad for value in loaded.network.parameters())
    assert cards.read(tmp_path, kind="segmenter")["labels"] == "soft_location"


@pytest.mark.parametrize("gates", [True, False])
def test_a_card_tells_whether_oed_has_gates(gates: bool, runtime: Runtime, pixels: Tensor, tmp_path: Path) -> None:
    built: dict[str, Any] = {"encoder": "test_efficientnet", "weights": "none", "width": 1 / 16, "trunk": None}
    made = pixel_network.create("oed", **built, refine_px=0, gates=gates)
    runtime.place(made.network).eval()
    pixel_network.save(tmp_path, made, labels="truth")
    loaded = pixel_network.load(tmp_path, runtime)
    assert loaded.gates == gates == cards.read(tmp_path, kind="segmenter")["gates"]
    assert torch.equal(loaded.predict(pixels, runtime), made.predict(pixels, runtime))


def test_an_oed_saved_before_there_was_a_choice_has_gates(runtime: Runtime, tmp_path: Path) -> None:
    pixel_network.save(tmp_path, untrained("oed"), labels="truth")
    path = tmp_path / "model.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    del card["gates"]
    path.write_text(json.dumps(card), encoding="utf-8")
    assert pixel_network.load(tmp_path, runtime).gates


def test_twice_saved_is_twice_the_same(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        pixel_network.save(tmp_path / folder, untrained("unet"), labels="truth")
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"architecture": "oed"}, "weights of another architecture"),
        ({"encoder": "test_efficientnet"}, "weights of another architecture"),
        ({"width": 0.125}, "weights of another architecture"),
        ({"architecture": "segnet"}, "segmenter 'segnet': there is no such network; expected one of unet,"),
        ({"kind": "classifier"}, "holds a model of the kind 'classifier', but 'segmenter' is needed here"),
    ],
)
def test_a_card_of_another_network_is_refused(
    changed: dict[str, object], said: str, runtime: Runtime, tmp_path: Path
) -> None:
    pixel_network.save(tmp_path, untrained("unet"), labels="truth")
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changed), encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        pixel_network.load(tmp_path, runtime)


def test_an_empty_folder_says_how_to_train(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.json here; run `dvc repro` to train the segmenter"):
        pixel_network.load(tmp_path, runtime)


def test_a_refined_prediction_follows_the_first_side_output(runtime: Runtime, pixels: Tensor) -> None:
    plain, refined = untrained("deepcrack_liu"), untrained("deepcrack_liu", refine_px=3)
    maps = [torch.sigmoid(one).numpy() for one in plain.logits(pixels, runtime)]
    found = refined.predict(pixels, runtime)
    for one, guide, prediction in zip(found.numpy(), maps[0], maps[-1], strict=True):
        wanted = guided_filter.guided_filter(prediction, guide, radius_px=3, eps=pixel_network.REFINE_EPS)
        np.testing.assert_array_equal(one, wanted.clip(0, 1))
    assert not torch.equal(found, plain.predict(pixels, runtime))
    assert found.dtype == torch.float32
