"""A small network with fixed weights, and a folder with two photographs."""

from pathlib import Path

import numpy as np
import pytest
import torch

from crackpipe.apply import segmenter_files
from crackpipe.apply.segmenter_files import SegmenterFiles
from crackpipe.imaging import images
from crackpipe.segment.networks import pixel_network

SIDE = (96, 140)


def wall(*, crack: bool = True, seed: int = 0) -> np.ndarray:
    """A grey wall, with a dark crack 4 px wide along a row."""
    picture = np.random.default_rng(seed).integers(140, 180, (*SIDE, 3), dtype=np.uint8)
    if crack:
        picture[46:50, 20:120] = 30
    return picture


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned in a few steps that dark is crack."""
    torch.manual_seed(0)
    network = pixel_network.create(
        "deepcrack_liu", encoder="vgg16_bn", weights="none", width=0.05, trunk=None, refine_px=0
    )
    net = network.network.train()
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    image = torch.from_numpy(wall()).permute(2, 0, 1)[None].float()
    padded = torch.nn.functional.pad(image, (0, 4, 0, 0), mode="reflect")
    target = (padded.mean(1) < 90).float()
    for _ in range(60):
        logits = net((padded - 127) / 60)
        loss = sum(torch.nn.functional.binary_cross_entropy_with_logits(each, target) for each in logits)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    folder = tmp_path_factory.mktemp("models") / "small"
    pixel_network.save(folder, network, labels="truth")
    return folder


@pytest.fixture
def files(model: Path) -> SegmenterFiles:
    return segmenter_files.find(model)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the folder ``site``: one photograph with a crack, one without."""
    monkeypatch.chdir(tmp_path)
    for name, crack in (("site/a.png", True), ("site/deep/b.png", False)):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(images.encode_rgb(wall(crack=crack)))
    return tmp_path / "site"
