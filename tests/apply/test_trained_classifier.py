"""A trained classifier from Python: probabilities of patches, and the pseudo-labels that the pipeline makes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from crackpipe import params
from crackpipe.apply.trained_classifier import TrainedClassifier, load_classifier
from crackpipe.classify import classifier
from crackpipe.errors import CrackpipeError, ModelError
from crackpipe.imaging import images
from crackpipe.pseudo import cam, labelling, localisation_maps, patch_map

ROOT = Path(__file__).parents[2]
PICTURE = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an untrained classifier, on one thread."""
    folder = tmp_path_factory.mktemp("project")
    torch.manual_seed(0)
    network = classifier.create(backbone="tf_efficientnet_lite0", weights="package", side_px=64)
    classifier.save(folder / "models/classifier", network)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8").replace("threads: 2", "threads: 1", 1)
    (folder / "params.yaml").write_text(text.replace("device: auto", "device: cpu"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(root: Path) -> TrainedClassifier:
    return load_classifier(root / "models/classifier")


def pipelines_label(trained: TrainedClassifier, method: str) -> np.ndarray:
    """As the stages localisation_maps and pseudo_label make it, map by map."""
    settings = trained.params.localisation_maps
    shared = {"model": trained.network, "runtime": trained.runtime, "batch_px": settings.batch_px}
    cells = cam.activation_cells([PICTURE], **shared, **settings.cam.model_dump(), tile_px=settings.tile_px)
    maps = {localisation_maps.CAM: (cam.CELL_PX, cells)}
    for size in settings.patch_maps:
        cells = patch_map.patch_cells([PICTURE], **shared, **size.model_dump())
        maps[localisation_maps.patch_kind(size.side_px)] = size.stride_px, cells
    rows = [
        {"photo_id": "a", "kind": kind, "cell_px": cell_px, "cells": images.encode_unit16(cells[0])}
        for kind, (cell_px, cells) in maps.items()
    ]
    section = getattr(trained.params.pseudo_label, method).model_dump()
    item = labelling.Item("a", PICTURE, tuple(rows), crack_possible=None)
    ((_, _, levels),) = labelling.label([item], labelling.create_method(method, section), workers=1)
    return levels


@pytest.mark.parametrize("method", ["soft_location", "cam_location", "cam_crf", "cam"])
def test_a_pseudo_label_is_that_of_the_pipeline(trained: TrainedClassifier, method: str):
    label = trained.pseudo_label(PICTURE, method=method)
    assert label.confidence.shape == (70, 90)
    assert np.array_equal(label.confidence, pipelines_label(trained, method))
    assert label.threshold == getattr(trained.params.pseudo_label, method).binarise


def test_a_file_and_its_pixels_have_the_same_label_and_probability(trained: TrainedClassifier, tmp_path: Path):
    (tmp_path / "wall.png").write_bytes(images.encode_rgb(PICTURE))
    by_path, by_pixels = (trained.pseudo_label(photo, method="cam") for photo in (tmp_path / "wall.png", PICTURE))
    assert np.array_equal(by_path.confidence, by_pixels.confidence)
    assert trained.crack_probability(str(tmp_path / "wall.png")) == trained.crack_probability(PICTURE)


def test_a_probability_is_that_of_the_patch_at_the_side_of_training(trained: TrainedClassifier):
    square = torch.from_numpy(images.squeezed(PICTURE, side_px=64)).permute(2, 0, 1)[None]
    logits = trained.network.logits(square, trained.runtime).double()
    assert trained.crack_probability(PICTURE) == pytest.approx(logits.softmax(dim=1)[0, 1].item(), abs=1e-6)


def test_a_method_that_there_is_not_is_refused(trained: TrainedClassifier):
    with pytest.raises(CrackpipeError, match=r"method: got 'soft', expected one of soft_location, .*"):
        trained.pseudo_label(PICTURE, method="soft")
    with pytest.raises(CrackpipeError, match=r"did you mean cam_crf\?"):
        trained.pseudo_label(PICTURE, method="cam-crf")


def test_outside_a_project_the_settings_are_those_of_conf(root: Path, tmp_path: Path):
    copy = tmp_path / "classifier"
    copy.mkdir()
    for path in (root / "models/classifier").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert load_classifier(copy, device="cpu").params == params.defaults()


def test_a_folder_without_a_classifier_is_named(tmp_path: Path):
    with pytest.raises(ModelError, match=r"gone: no model\.json here; run `dvc repro` to train the classifier"):
        load_classifier(tmp_path / "gone")
