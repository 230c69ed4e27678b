"""A segmentation network, set by hand, that calls dark pixels cracks: each by itself, exactly."""

from pathlib import Path

import torch

from crackpipe.segment.networks import pixel_network

DARK = 60  # level, 0–255, below which a pixel is crack


def save(folder: Path) -> Path:
    """Write it as a segmenter."""
    network = pixel_network.create(
        "deepcrack_liu", encoder="vgg16_bn", weights="none", width=0.05, trunk=None, refine_px=0
    )
    weights = network.network.state_dict()
    for name, values in weights.items():
        if (name.endswith(("weight", "bias")) and values.ndim != 1) or name.startswith(("sides", "fuse")):
            values.zero_()
    std, mean = torch.tensor(network.std), torch.tensor(network.mean)
    weights["encoder.features.0.weight"][0, :, 1, 1] = -std * 255 / 3
    weights["encoder.features.0.bias"].fill_(DARK + 30 - float(mean.mean()) * 255)  # 30 is what a pixel at DARK gets
    weights["encoder.features.3.weight"][0, 0, 1, 1] = 1
    weights["encoder.features.3.bias"].zero_()
    weights["sides.0.weight"][0, 0, 0, 0] = 1
    weights["sides.0.bias"].fill_(-30)
    weights["fuse.weight"][0, 0, 0, 0] = 1
    network.network.load_state_dict(weights)
    network.network.eval()
    pixel_network.save(folder, network, labels="truth")
    return folder
