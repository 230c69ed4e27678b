"""The peers' way and ours give the same maps and labels, in float32."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import network_share, peers, pseudo_labels
from benchmarks.photographs import Photograph
from crackpipe import params
from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime, start_runtime
from crackpipe.imaging import images
from crackpipe.pseudo import cam, methods, patch_map

BATCH_PX = 40 * 32**2  # several batches, and a rest


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    threads = torch.get_num_threads()
    yield start_runtime(device="cpu", precision="fp32", threads=1)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def model() -> Classifier:
    return pseudo_labels.random_classifier("test_resnet")


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return pseudo_labels.method_settings(params.load())


def scaling(model: Classifier) -> dict[str, Any]:
    return {"mean": model.mean, "std": model.std}


def test_patch_maps_are_equal_within_rounding(small: list[Photograph], model: Classifier, runtime: Runtime) -> None:
    chosen = [one.image for one in small]
    ours = patch_map.patch_cells(chosen, model, runtime, side_px=32, stride_px=16, batch_px=BATCH_PX)
    for image, found in zip(chosen, ours, strict=True):
        theirs = peers.patch_cells(image, model.network, **scaling(model), side_px=32, stride_px=16)
        assert theirs.std() > 1e-4
        np.testing.assert_allclose(found, theirs, atol=1e-5)


def test_activation_maps_are_equal_to_our_library_engine(
    small: list[Photograph], model: Classifier, runtime: Runtime
) -> None:
    image = small[0].image
    shared = {"kind": "gradcam++", "target": "crack", "engine": "library", "batch_px": BATCH_PX, "tile_px": 2048}
    (cells,) = cam.activation_cells([image], model, runtime, **shared)
    layer = pseudo_labels.last_convolution(model.network)
    found = peers.activation_map(image, model.network, layer, **scaling(model), cell_px=cam.CELL_PX)
    # pytorch-grad-cam stretches the map to [0, 1], upsamples it linearly and stretches it again
    full = stretched(images.resize(stretched(cells), height=160, width=224, method="linear"))
    assert found.std() > 0.05
    np.testing.assert_allclose(found, full[:150, :203], atol=1e-4)


def stretched(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


def test_labels_of_the_same_maps_are_equal(settings: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    grey = random.choice(np.array([20, 120, 220], np.uint8), (96, 130), p=[0.2, 0.5, 0.3])
    image = np.repeat(grey[..., None], 3, axis=2)
    maps = [images.gaussian_blur(random.random((96, 130), np.float32), sigma_px=2) + np.float32(0.2) for _ in range(2)]
    own = {name: settings[name] for name in settings if name not in ("binarise", "patch_side_px", "upsample")}
    own |= {"bilateral": False, "erosions": 1}
    found = peers.cam_location(image, *maps, **own)
    assert 0.01 < (found > 0).mean() < 0.99
    assert np.array_equal(found, methods.cam_location(image, *maps, methods.CamLocationSettings(**own)))


def test_both_ways_write_the_labels_that_they_return(
    small: list[Photograph], model: Classifier, runtime: Runtime, settings: dict[str, Any], tmp_path: Path
) -> None:
    chosen = [one.image for one in small]
    found_by = pseudo_labels.finders(model, runtime, params.load())
    ours = pseudo_labels.label(chosen, found_by, settings=settings, workers=1, folder=tmp_path)
    theirs = pseudo_labels.label_as_peers(chosen, model, settings=settings, folder=tmp_path)
    for number in range(len(small)):
        for prefix, made in (("", ours), ("peers-", theirs)):
            written = images.decode_grey((tmp_path / f"{prefix}{number:05d}.png").read_bytes())
            assert written.shape == small[number].mask.shape
            assert np.array_equal(written, made[number])


def test_both_ways_have_the_same_random_weights_each_time() -> None:
    first, second = (pseudo_labels.random_classifier("test_resnet").network.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_bare_network_gets_every_patch_and_photograph_that_ours_does(
    small: list[Photograph], model: Classifier, runtime: Runtime
) -> None:
    chosen = [one.image for one in small]
    batches = network_share.recorded(chosen, model, runtime, params.load())
    patches = sum(len(one) for one in batches if one.shape[-1] == 32)
    wholes = sum(len(one) for one in batches if one.shape[-1] != 32)
    assert patches == 2 * 9 * 12  # (150 - 32) / 16 and (203 - 32) / 16, rounded up, + 1
    assert wholes == 2
    assert all(one.is_contiguous(memory_format=torch.channels_last) for one in batches)
    network_share.forward(model.network, batches, runtime)
