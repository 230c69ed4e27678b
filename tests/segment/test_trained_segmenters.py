"""Each kind of segmenter from photographs and labels to a folder that can be loaded and run."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plain_inference import PLAIN

from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.compute import seeds
from crackpipe.compute.runtime import Runtime
from crackpipe.imaging import images
from crackpipe.models import cards
from crackpipe.models.checkpoints import Checkpoint
from crackpipe.segment.adapters import training as adapters
from crackpipe.segment.adapters.examples import Examples
from crackpipe.segment.adapters.training import AdapterTraining
from crackpipe.segment.inference import segmenter, torch_engine
from crackpipe.segment.networks import training as networks
from crackpipe.segment.networks.training import PixelTraining
from crackpipe.segment.windows import windows
from crackpipe.segment.windows.augment import View
from crackpipe.segment.windows.windows import Sample

Picture = Callable[..., tuple[np.ndarray, np.ndarray]]
Whole = Callable[..., View]
Cache = Callable[..., Examples]
NAMES = ["4", "10", "16", "24"]


@pytest.fixture
def sample(draw: Picture, whole: Whole) -> Sample:
    """Windows of four drawn photographs, mirrored as often as not."""
    pictures = {name: draw(height=32, width=32, col=int(name)) for name in NAMES}

    def turned(pixels: np.ndarray, random: np.random.Generator) -> View:
        return whole(pixels, mirrored=random.random() < 0.5)

    cut = partial(
        windows.window,
        photos={name: image for name, (image, _) in pictures.items()},
        labels={name: images.encode_mask(mask) for name, (_, mask) in pictures.items()},
        binarise=0.5,
        soft=False,
        cut_view=turned,
    )
    return windows.sampler(NAMES, cut)


@pytest.fixture
def pairs(draw: Picture, cache: Cache, encoder: DualEncoder, tmp_path: Path) -> Examples:
    """Tokens of the four photographs, as they are and upside down."""
    pictures = [draw(height=32, width=32, col=int(name)) for name in NAMES]
    both = [(image[::step], mask[::step]) for image, mask in pictures for step in (1, -1)]
    return cache(tmp_path / "tokens", both, encoder, (1, 2))


def fresh(folder: Path) -> Checkpoint:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return Checkpoint(folder)


BUILT: dict[str, Any] = {"encoder": "test_resnet", "weights": "none", "width": 1 / 16, "refine_px": 0, "side_px": 32}


STEPS = PixelTraining(steps=3, batch=2, lr=0.005, weight_decay=0.01, seed=0)
LOSS: dict[str, Any] = {"focal_weight": 1.0, "focal_alpha": 1.0, "focal_gamma": 2.0, "dice_weight": 1.0}
LOSS |= {"dice": "squared", "edge_weight": 1.0, "loss_on": "stages"}
PASSES = AdapterTraining(epochs=2, batch=3, lr=0.01, **LOSS, combine="mean", seed=0)


def train_network(folder: Path, sample: Sample, runtime: Runtime, *, name: str = "unet", **changed: Any) -> None:
    built = BUILT | {key: value for key, value in changed.items() if key in BUILT}
    settings = replace(STEPS, **{key: value for key, value in changed.items() if key not in BUILT})
    seeds.seed_everything(0)
    model = networks.create(name, trunk=None, runtime=runtime, **built)
    checkpoint = fresh(folder.with_suffix(".state"))
    networks.train(
        model, sample, settings, folder=folder, labels="soft_location", runtime=runtime, checkpoint=checkpoint
    )


def train_adapters(folder: Path, pairs: Examples, encoder: DualEncoder, runtime: Runtime, **changed: Any) -> None:
    seeds.seed_everything(0)
    checkpoint = fresh(folder.with_suffix(".state"))
    spec = {"architecture": "dual", "backbone": "test_efficientnet", "joint_width": 16, "text_width": 32}
    encoder_files.save(folder.parent / "clip", encoder, spec | {"text_layers": 1})
    adapters.train(
        pairs,
        replace(PASSES, **changed),
        folder=folder,
        encoder=encoder,
        prompts=(["a flawless wall"], ["a cracked wall"]),
        labels="cam",
        encoder_digest=encoder_files.digest(folder.parent / "clip"),
        runtime=runtime,
        checkpoint=checkpoint,
    )


def same_files(first: Path, second: Path) -> bool:
    names = ("model.safetensors", "model.json", "history.csv")
    return all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


@pytest.mark.parametrize(
    ("name", "encoder", "steps"), [("unet", "test_efficientnet", 40), ("deepcrack_liu", "vgg16_bn", 40)]
)
def test_a_network_of_pixels_learns_to_find_the_crack(
    name: str, encoder: str, steps: int, sample: Sample, runtime: Runtime, draw: Picture, tmp_path: Path
) -> None:
    folder = tmp_path / "network"
    train_network(folder, sample, runtime, name=name, encoder=encoder, steps=steps, batch=4, width=1 / 8, lr=0.01)
    history = pd.read_csv(folder / "history.csv")
    assert history.columns.tolist() == ["epoch", "train_loss"]
    assert cards.read(folder, kind="segmenter")["labels"] == "soft_location"
    image, mask = draw(height=32, width=32, col=20)  # none of the four
    loaded = torch_engine.load(folder, runtime, clip=tmp_path / "not_needed")
    assert f1(segmenter.segment(image, loaded, PLAIN, what=None) >= 128, mask) > 0.8


def test_equal_seeds_write_equal_networks_and_others_do_not(sample: Sample, runtime: Runtime, tmp_path: Path) -> None:
    train_network(tmp_path / "a", sample, runtime)
    train_network(tmp_path / "b", sample, runtime)
    train_network(tmp_path / "c", sample, runtime, seed=1)
    assert same_files(tmp_path / "a", tmp_path / "b")
    assert not same_files(tmp_path / "a", tmp_path / "c")


def test_deep_supervision_trains_a_network_with_side_outputs(sample: Sample, runtime: Runtime, tmp_path: Path) -> None:
    train_network(tmp_path / "oed", sample, runtime, name="oed", encoder="test_efficientnet")
    loaded = torch_engine.load(tmp_path / "oed", runtime, clip=tmp_path / "clip")
    image = np.zeros((40, 70, 3), np.uint8)
    assert segmenter.segment(image, loaded, PLAIN, what=None).shape == (40, 70)


def test_adapters_learn_to_find_the_crack_in_cached_tokens(
    pairs: Examples, encoder: DualEncoder, runtime: Runtime, draw: Picture, tmp_path: Path
) -> None:
    train_adapters(tmp_path / "adapters", pairs, encoder, runtime, epochs=12)
    history = pd.read_csv(tmp_path / "adapters/history.csv")
    assert history["epoch"].tolist() == list(range(1, 13))
    assert history["train_loss"].iloc[-1] < 0.9 * history["train_loss"].iloc[0]
    loaded = torch_engine.load(tmp_path / "adapters", runtime, clip=tmp_path / "clip")
    image, mask = draw(height=32, width=32, col=20)
    levels = segmenter.segment(image, loaded, PLAIN, what=None)
    assert levels[mask].mean() > levels[~mask].mean() + 20
    assert cards.read(tmp_path / "adapters", kind="segmenter")["labels"] == "cam"


def test_equal_seeds_write_equal_adapters(
    pairs: Examples, encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    train_adapters(tmp_path / "a", pairs, encoder, runtime)
    train_adapters(tmp_path / "b", pairs, encoder, runtime)
    train_adapters(tmp_path / "c", pairs, encoder, runtime, seed=1)
    assert same_files(tmp_path / "a", tmp_path / "b")
    assert not same_files(tmp_path / "a", tmp_path / "c")


def test_training_of_adapters_never_runs_the_image_encoder(
    pairs: Examples, encoder: DualEncoder, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the encoder ran")

    monkeypatch.setattr(encoder, "stage_tokens", refuse)
    train_adapters(tmp_path / "a", pairs, encoder, runtime, epochs=3)
    assert cards.read(tmp_path / "a", kind="segmenter")["stages"] == [1, 2]
