"""Class activation maps of whole photographs: Grad-CAM and Grad-CAM++ (the only file that knows pytorch-grad-cam).

The ``head`` engine needs the gradient of the classifier's head only; the ``library`` engine is pytorch-grad-cam, for
any network, with a full backward pass.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor, nn

from crackpipe.classify.classifier import Classifier
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError
from crackpipe.imaging import images
from crackpipe.models.backbones import Network

CELL_PX = 32  # the backbones' total stride; photographs are mirrored to a multiple of it
MARGIN_PX = 256  # what a tile sees beyond its border

Kind = Literal["gradcam", "gradcam++"]
Target = Literal["crack", "argmax"]


def activation_cells(
    photographs: Sequence[UInt8[np.ndarray, "_h _w 3"]],
    model: Classifier,
    runtime: Runtime,
    *,
    kind: Kind,
    target: Target,
    engine: Literal["head", "library"],
    batch_px: int,
    tile_px: int,
) -> list[Float32[np.ndarray, "_r _c"]]:
    """Class activation map of each photograph, one value for each cell of ``CELL_PX``, in [0, 1].

    Its maximum is 1; it is all 0 where no cell speaks for the class. Photographs of one size share batches of at most
    ``batch_px`` pixels. Of a photograph with more than ``tile_px · tile_px`` pixels the last convolution is computed in
    tiles and joined: memory is that of a tile, and 4 bytes per channel and cell.

    Args:
        photographs: RGB, 0–255.
        model: the patch classifier, placed for inference.
        runtime: device and precision.
        kind: Grad-CAM (Selvaraju et al., eq. 1–2) or Grad-CAM++ (Chattopadhay et al.; see :func:`head_maps`).
        target: the class that is explained: crack, or the one the network chooses (König's public code).
        engine: ``head``, the gradient of the classifier's head alone, or ``library``, pytorch-grad-cam.
        batch_px: pixels of the photographs that share a batch, at most (but one photograph).
        tile_px: side of the tiles, a multiple of ``CELL_PX``; each sees ``MARGIN_PX`` beyond its border.

    Raises:
        CrackpipeError: ``engine="library"`` on a photograph that needs tiles.
    """
    cells: dict[int, np.ndarray] = {}
    for group in _same_size(photographs, batch_px=batch_px, tile_px=tile_px):
        batch = [photographs[i] for i in group]
        height, width = batch[0].shape[:2]
        if engine == "library" and height * width > tile_px**2:
            raise CrackpipeError(
                f"localisation_maps.cam.engine=library: a photograph of {height}×{width} px has more pixels than "
                f"localisation_maps.tile_px² = {tile_px}²; set engine to head, which works in tiles, or raise tile_px"
            )
        if engine == "library":
            with runtime.autocast():
                maps = library_maps(model.network, model.prepare(_stacked(batch), runtime), kind=kind, target=target)
        elif height * width > tile_px**2:
            maps = head_maps(model.network, _tiled(batch[0], model, runtime, tile_px=tile_px), kind=kind, target=target)
        else:
            maps = head_maps(model.network, _features(_stacked(batch), model, runtime), kind=kind, target=target)
        cells.update(zip(group, maps.float().cpu().numpy(), strict=True))
    return [cells[i] for i in range(len(photographs))]


def _features(pixels: UInt8[Tensor, "b 3 h w"], model: Classifier, runtime: Runtime) -> Float[Tensor, "b k r c"]:
    """Output of the last convolution, float32 on the device."""
    network: Network = model.network
    with torch.no_grad(), runtime.autocast():
        return network.forward_features(model.prepare(pixels, runtime)).float()


def _tiled(
    photograph: UInt8[np.ndarray, "h w 3"], model: Classifier, runtime: Runtime, *, tile_px: int
) -> Float[Tensor, "1 k r c"]:
    """:func:`_features` joined from tiles: equal where no cell depends on pixels ``MARGIN_PX`` beyond its tile."""
    height, width = photograph.shape[:2]
    joined: Tensor | None = None
    for top in range(0, height, tile_px):
        for left in range(0, width, tile_px):
            above, before = min(top, MARGIN_PX), min(left, MARGIN_PX)
            tile = photograph[top - above : top + tile_px + MARGIN_PX, left - before : left + tile_px + MARGIN_PX]
            features = _features(_stacked([tile]), model, runtime)[:, :, above // CELL_PX :, before // CELL_PX :]
            if joined is None:
                joined = features.new_empty(1, features.shape[1], -(-height // CELL_PX), -(-width // CELL_PX))
            row, col, reach = top // CELL_PX, left // CELL_PX, tile_px // CELL_PX
            part = joined[:, :, row : row + reach, col : col + reach]
            part.copy_(features[:, :, : part.shape[2], : part.shape[3]])
    assert joined is not None  # a photograph has a pixel
    return joined


def head_maps(
    network: Network, activation: Float[Tensor, "b k r c"], *, kind: Kind, target: Target
) -> Float[Tensor, "b r c"]:
    """Maps at the last convolution, from its output and the gradient of the head alone.

    Grad-CAM takes the gradient of the class's logit. For Grad-CAM++ König's public code gives, on a network that
    ends in global average pooling and linear layers, exactly ``relu(Σ_k relu(∂p/∂A_k) · A_k) / max``. As
    ``∂p/∂A = p (1 − p) ∂(z_class − z_other)/∂A`` and the factor cancels, the gradient of the logit margin is used: it
    does not vanish where the softmax saturates (there the public code's maps are 0/0 = NaN).

    Args:
        network: a timm classifier of two classes, the second of which is crack.
        activation: output of its last convolution.
        kind, target: as in :func:`activation_cells`.

    Returns:
        Maps in [0, 1], each with maximum 1 unless it is all 0.
    """
    activation = activation.detach().float().requires_grad_()
    with torch.enable_grad(), torch.autocast(activation.device.type, enabled=False):
        logits = network.forward_head(activation)
        (gradient,) = torch.autograd.grad(_explained(logits, kind=kind, target=target).sum(), activation)
    activation = activation.detach()
    weight = gradient.mean(dim=(2, 3), keepdim=True) if kind == "gradcam" else gradient.relu()
    del gradient  # of a large photograph as large as its activation
    return _by_maximum((weight * activation).sum(dim=1).relu())


def library_maps(
    network: nn.Module, inputs: Float[Tensor, "b 3 h w"], *, kind: Kind, target: Target
) -> Float[Tensor, "b r c"]:
    """Maps at the last convolution from pytorch-grad-cam, whose Grad-CAM++ weights differ slightly from König's.

    Args:
        network: an EfficientNet, ResNet or VGG of timm.
        inputs: normalised photographs.
        kind, target: as in :func:`activation_cells`.

    Returns:
        Maps in [0, 1], each with maximum 1 unless it is all 0.

    Raises:
        ValueError: the network's last convolution is not known.
    """
    from pytorch_grad_cam import GradCAM, GradCAMPlusPlus
    from pytorch_grad_cam.activations_and_gradients import ActivationsAndGradients

    layer = _last_layer(network)
    with torch.enable_grad(), (GradCAM if kind == "gradcam" else GradCAMPlusPlus)(network, [layer]) as cam:
        recorder: ActivationsAndGradients = cam.activations_and_grads
        logits = recorder(inputs.detach().requires_grad_())
        network.zero_grad()
        _explained(logits.float(), kind="gradcam", target=target).sum().backward()
        activation = recorder.activations[0].float().numpy()
        gradient = recorder.gradients[0].float().numpy()
        maps = cam.get_cam_image(inputs, layer, None, activation, gradient, eigen_smooth=False)
    return _by_maximum(torch.from_numpy(np.ascontiguousarray(maps)).relu())


def _explained(logits: Float[Tensor, "b 2"], *, kind: Kind, target: Target) -> Float[Tensor, "b"]:
    """The score whose gradient is taken, one per photograph."""
    label = logits.detach().argmax(dim=1) if target == "argmax" else torch.ones(len(logits), dtype=torch.int64)
    label = label.to(logits.device)[:, None]
    logit = logits.gather(1, label)[:, 0]
    return logit if kind == "gradcam" else logit - logits.gather(1, 1 - label)[:, 0]


def _by_maximum(maps: Float[Tensor, "b r c"]) -> Float[Tensor, "b r c"]:
    peak = maps.amax(dim=(1, 2), keepdim=True)
    return torch.where(peak > 0, maps / peak.clamp_min(torch.finfo(maps.dtype).tiny), torch.zeros_like(maps))


def _last_layer(network: nn.Module) -> nn.Module:
    """The module whose output ``forward_features`` returns: the last before the head."""
    for name in ("bn2", "layer4", "features"):  # EfficientNet, ResNet, VGG in timm
        if hasattr(network, name) and not (name == "bn2" and hasattr(network, "layer4")):
            return getattr(network, name)
    raise ValueError(
        f"localisation_maps.cam.engine=library: {type(network).__name__} has no layer known to explain; use engine=head"
    )


def _stacked(photographs: Sequence[UInt8[np.ndarray, "_h _w 3"]]) -> UInt8[Tensor, "b 3 a c"]:
    """Photographs of one padded size, mirrored to a multiple of ``CELL_PX``."""
    padded = [
        images.pad_reflect(pixels, bottom=-pixels.shape[0] % CELL_PX, right=-pixels.shape[1] % CELL_PX)
        for pixels in photographs
    ]
    return torch.stack([torch.from_numpy(pixels).permute(2, 0, 1) for pixels in padded])


def _same_size(photographs: Sequence[np.ndarray], *, batch_px: int, tile_px: int) -> list[list[int]]:
    """Indices of photographs in batches of one padded size and at most ``batch_px`` pixels; large ones are alone."""
    groups: list[list[int]] = []
    by_size: dict[tuple[int, int], list[int]] = {}
    for i, pixels in enumerate(photographs):
        size = -(-pixels.shape[0] // CELL_PX), -(-pixels.shape[1] // CELL_PX)
        if pixels.shape[0] * pixels.shape[1] > tile_px**2:
            groups.append([i])
        else:
            by_size.setdefault(size, []).append(i)
    for (rows, cols), members in by_size.items():
        count = max(1, batch_px // (rows * cols * CELL_PX**2))
        groups += [members[i : i + count] for i in range(0, len(members), count)]
    return groups
