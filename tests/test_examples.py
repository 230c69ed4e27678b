"""The examples in Python, of docstrings and of pages: each runs as it stands there."""

import doctest
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import crackpipe
from crackpipe.classify import classifier
from crackpipe.imaging import images
from crackpipe.segment.networks import pixel_network

ROOT = Path(__file__).parents[1]
EXAMPLES = ["Mask", "ece", "load_classifier", "load_segmenter", "segmentation_scores"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after a run, in which nothing has learned anything, and a photograph."""
    folder = tmp_path_factory.mktemp("project")
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(text.replace("threads: 2", "threads: 1", 1), encoding="utf-8")
    torch.manual_seed(0)
    network = pixel_network.create(
        "unet", encoder="tf_efficientnet_lite0", weights="package", width=0.1, trunk=None, refine_px=0
    )
    pixel_network.save(folder / "models/segmenter/unet-cam_location", network, labels="cam_location")
    patches = classifier.create(backbone="tf_efficientnet_lite0", weights="package", side_px=64)
    classifier.save(folder / "models/classifier", patches)
    photo = np.random.default_rng(0).integers(0, 256, (48, 70, 3), dtype=np.uint8)
    (folder / "photo.jpg").write_bytes(images.encode_jpeg(photo, quality=90))
    return folder


def run(documented: object, name: str) -> int:
    """Run the examples of a docstring; the number of their lines."""
    text = inspect.getdoc(documented) or ""
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    report: list[str] = []
    result = doctest.DocTestRunner().run(example, out=report.append)
    assert result.failed == 0, "".join(report)
    return result.attempted


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_does_what_it_shows(name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert run(getattr(crackpipe, name), name) >= 2


def test_the_example_of_the_package_writes_a_mask(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    Path("photo.mask.png").unlink(missing_ok=True)
    assert run(crackpipe, "crackpipe") == 4
    assert images.decode_grey(Path("photo.mask.png").read_bytes()).shape == (48, 70)


PAGES = ["README.md", "docs/getting-started.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_as_it_stands_there(
    page: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert Path("photo.mask.png").is_file()


def test_every_function_that_is_handed_on_shows_an_example() -> None:
    functions = [name for name in crackpipe.__all__ if inspect.isfunction(getattr(crackpipe, name))]
    assert set(functions) < set(EXAMPLES)
