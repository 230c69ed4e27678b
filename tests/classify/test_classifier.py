"""A classifier and its inputs: scaled, run, saved and loaded."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from crackpipe.classify import classifier
from crackpipe.classify.calibrator import Calibrator
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.errors import ModelError
from crackpipe.models import normalise

PIXELS = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8))


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return start_runtime(device="cpu", precision="fp32", threads=1)


@pytest.fixture(scope="module")
def model(runtime: Runtime) -> classifier.Classifier:
    torch.manual_seed(0)
    made = classifier.create(backbone="tf_efficientnet_lite0", weights="package", side_px=32)
    runtime.place(made.network).eval()
    return made


def test_inputs_are_scaled_and_the_pixels_stay(model: classifier.Classifier, runtime: Runtime) -> None:
    before = PIXELS.clone()
    found = model.prepare(PIXELS, runtime)
    assert torch.allclose(found, (PIXELS.float() / 255 - 0.5) / 0.5, atol=1e-6)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(PIXELS, before)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    channels = normalise.normalise(PIXELS, mean=mean, std=std, runtime=runtime)
    for channel in range(3):
        expected = (PIXELS[:, channel].double() / 255 - mean[channel]) / std[channel]
        assert torch.allclose(channels[:, channel].double(), expected, atol=1e-5)


def test_the_probability_is_the_softmax_of_class_one_over_the_temperature(
    model: classifier.Classifier, runtime: Runtime
) -> None:
    with torch.inference_mode():
        logits = model.network(model.prepare(PIXELS, runtime)).double()
    for temperature in (1.0, 2.5):
        found = replace(model, calibrator=Calibrator("temperature", slope=1 / temperature)).crack_probability(
            PIXELS, runtime
        )
        margin = (logits[:, 1] - logits[:, 0]) / temperature
        assert torch.allclose(found.double(), 1 / (1 + torch.exp(-margin)), atol=1e-6)
        assert found.dtype == torch.float64


def test_a_saved_classifier_comes_back_with_equal_outputs(
    model: classifier.Classifier, runtime: Runtime, tmp_path: Path
) -> None:
    calibrated = replace(model, calibrator=Calibrator("isotonic", margins=(-1.0, 0.5), probabilities=(0.1, 0.8)))
    classifier.save(tmp_path / "a", calibrated)
    loaded = classifier.load(tmp_path / "a", runtime)
    assert (loaded.backbone, loaded.side_px, loaded.calibrator) == (model.backbone, 32, calibrated.calibrator)
    assert (loaded.mean, loaded.std) == (model.mean, model.std)
    assert not loaded.network.training
    assert not any(parameter.requires_grad for parameter in loaded.network.parameters())
    expected = calibrated.crack_probability(PIXELS, runtime)
    assert torch.equal(loaded.crack_probability(PIXELS, runtime), expected)
    classifier.save(tmp_path / "b", loaded)
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_card_says_what_a_reader_needs(model: classifier.Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path, model)
    assert json.loads((tmp_path / "model.json").read_text()) == {
        "kind": "classifier",
        "architecture": "tf_efficientnet_lite0",
        "classes": ["none", "crack"],
        "side_px": 32,
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "calibrator": {"kind": "none", "slope": 1.0, "offset": 0.0, "margins": [], "probabilities": []},
    }


def test_the_head_of_1000_units_is_saved_loaded_and_named_in_the_card(runtime: Runtime, tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = classifier.create(backbone="test_resnet", weights="none", side_px=32, head="hidden_1000")
    runtime.place(made.network).eval()
    classifier.save(tmp_path, made)
    assert json.loads((tmp_path / "model.json").read_text())["head"] == "hidden_1000"
    loaded = classifier.load(tmp_path, runtime)
    assert loaded.head == "hidden_1000"
    expected = made.crack_probability(PIXELS, runtime)
    assert torch.equal(loaded.crack_probability(PIXELS, runtime), expected)
    folded = classifier.for_inference(loaded, runtime).crack_probability(PIXELS, runtime)
    torch.testing.assert_close(folded, expected, atol=1e-5, rtol=0)


def test_weights_that_do_not_fit_their_card_are_refused(
    model: classifier.Classifier, runtime: Runtime, tmp_path: Path
) -> None:
    classifier.save(tmp_path, model)
    path = tmp_path / "model.json"
    path.write_text(path.read_text().replace("tf_efficientnet_lite0", "resnet18"))
    with pytest.raises(ModelError, match="weights of another architecture"):
        classifier.load(tmp_path, runtime)
    with pytest.raises(ModelError, match=r"no model\.json here; run `dvc repro` to train the classifier"):
        classifier.load(tmp_path / "none", runtime)
