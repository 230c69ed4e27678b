"""The stage with either engine of activation maps: the classifier's head alone, and pytorch-grad-cam."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stages
import torch
from ruamel.yaml import YAML

from crackpipe.classify import classifier
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

ROOT = Path(__file__).parents[2]
Maps = dict[tuple[str, str], np.ndarray]


def configure(folder: Path, **cam: Any) -> None:
    """Write params.yaml: 20 photographs of the demo at 128×128, and settings of the activation map."""
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "threads": 1, "workers": 1, "precision": "fp32"}
    tree["ingest"]["sources"] = [{"name": "demo", "split": "own", "limit": None}]
    tree["ingest"]["demo"] = {"photos": 20, "side_px": 128, "seed": 7}
    tree["localisation_maps"]["cam"] |= cam
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs, and a classifier whose last layer is random: what engines do with it is the same."""
    folder = tmp_path_factory.mktemp("maps")
    configure(folder)
    stages.finished(folder, "ingest")
    torch.manual_seed(0)
    made = classifier.create(backbone="tf_efficientnet_lite0", weights="package", side_px=64)
    classifier.save(folder / "models/classifier", made)
    return folder


def maps(project: Path, **cam: Any) -> Maps:
    """Cells of every localisation map by photograph and kind, as the stage writes them."""
    configure(project, **cam)
    stages.finished(project, "localisation_maps")
    rows = parquet.scan(project / "data/localisation_maps", schemas.LOCALISATION_MAPS)
    return {(row["photo_id"], row["kind"]): images.decode_unit16(row["cells"]) for row in rows}


def activation(found: Maps) -> np.ndarray:
    """Activation maps of all photographs, (n, rows, columns)."""
    return np.stack([cells for (_, kind), cells in sorted(found.items()) if kind == "cam"])


@pytest.mark.slow
def test_the_library_and_the_head_give_one_grad_cam_and_the_same_patch_maps(project: Path) -> None:
    head = maps(project, kind="gradcam", engine="head")
    library = maps(project, kind="gradcam", engine="library")
    assert head.keys() == library.keys()
    assert activation(library).shape == (20, 4, 4)
    assert activation(library).std() > 0.05
    assert activation(library).max() == 1
    np.testing.assert_allclose(activation(library), activation(head), atol=1e-3)
    for key, cells in head.items():
        assert key[1] == "cam" or np.array_equal(library[key], cells)


@pytest.mark.slow
def test_the_librarys_grad_cam_plus_plus_is_near_koenigs(project: Path) -> None:
    head = activation(maps(project, kind="gradcam++", engine="head"))
    library = activation(maps(project, kind="gradcam++", engine="library"))
    assert library.max() == 1
    assert np.isfinite(library).all()
    assert np.corrcoef(head.ravel(), library.ravel())[0, 1] > 0.9
    assert not np.allclose(head, library, atol=1e-3)  # its weights are others
