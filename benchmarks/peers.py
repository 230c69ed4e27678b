"""Pseudo-labels the way that public code makes them: photograph by photograph, patch by patch, in float32.

The steps are König et al.'s (section III), as ours; what differs is how they are computed. Steps that cost both sides
the same (filters, erosions, closing) are taken from crackpipe.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, UInt8
from skimage.filters import threshold_multiotsu
from torch import Tensor, nn

from crackpipe.imaging import dark_map, images, patch_grid
from crackpipe.pseudo import methods

Image = UInt8[np.ndarray, "h w 3"]
Grey = UInt8[np.ndarray, "h w"]
Threshold = Callable[[np.ndarray], float | None]  # patch → upper end of its darkest class, None: nothing is dark


def dark(grey: Grey, *, side_px: int, stride_px: int, threshold: Threshold) -> Bool[np.ndarray, "h w"]:
    """Pixels that every patch puts into its darkest class: a loop over the rows and columns of the grid."""
    height, width = grey.shape
    padded, rows, cols = _grid(grey, side_px=side_px, stride_px=stride_px)
    found = np.ones(padded.shape, np.bool_)
    for row in rows:
        for col in cols:
            patch = padded[row : row + side_px, col : col + side_px]
            least = threshold(patch)
            found[row : row + side_px, col : col + side_px] &= (
                np.zeros_like(patch, bool) if least is None else patch <= least
            )
    return found[:height, :width]


def float_threshold(patch: UInt8[np.ndarray, "s s"], *, classes: int) -> float | None:
    """scikit-image's multi-Otsu of a patch in [0, 1]: 256 bins between its own least and greatest value."""
    try:
        return float(threshold_multiotsu(patch / 255.0, classes=classes, nbins=256)[0]) * 255.0
    except ValueError:  # fewer values than classes
        return None


def level_threshold(patch: UInt8[np.ndarray, "s s"], *, classes: int) -> float | None:
    """scikit-image's multi-Otsu of a patch's whole grey levels: one bin for each."""
    try:
        return float(threshold_multiotsu(patch, classes=classes)[0])
    except ValueError:
        return None


def patch_cells(
    image: Image,
    network: nn.Module,
    *,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    side_px: int,
    stride_px: int,
) -> Float32[np.ndarray, "a b"]:
    """Crack probability of each cell: the mean over the patches on it; one batch for the photograph, channels first."""
    padded, rows, cols = _grid(image, side_px=side_px, stride_px=stride_px)
    patches = [padded[row : row + side_px, col : col + side_px] for row in rows for col in cols]
    inputs = torch.stack([_normalised(patch, mean=mean, std=std) for patch in patches]).to(_device(network))
    with torch.no_grad():
        crack = torch.softmax(network(inputs), dim=1)[:, 1].cpu().numpy()
    total = np.zeros((padded.shape[0] // stride_px, padded.shape[1] // stride_px), np.float32)
    count = np.zeros_like(total)
    reach = side_px // stride_px
    for number, score in enumerate(crack):
        row, col = number // len(cols), number % len(cols)
        total[row : row + reach, col : col + reach] += score
        count[row : row + reach, col : col + reach] += 1
    return total / count


def activation_map(
    image: Image, network: nn.Module, layer: nn.Module, *, mean: tuple[float, ...], std: tuple[float, ...], cell_px: int
) -> Float32[np.ndarray, "h w"]:
    """pytorch-grad-cam's Grad-CAM++ for the class crack: forward and full backward pass of one photograph."""
    from pytorch_grad_cam import GradCAMPlusPlus
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    height, width = image.shape[:2]
    padded = images.pad_reflect(image, bottom=-height % cell_px, right=-width % cell_px)
    inputs = _normalised(padded, mean=mean, std=std)[None].to(_device(network))
    with GradCAMPlusPlus(network, [layer]) as cam:
        found: np.ndarray = cam(inputs, targets=[ClassifierOutputTarget(1)])[0]
    return found[:height, :width].astype(np.float32)


def cam_location(
    image: Image,
    cam: Float32[np.ndarray, "h w"],
    patch_map: Float32[np.ndarray, "h w"],
    *,
    threshold: float,
    erosions: int,
    dark_side_px: int,
    dark_stride_px: int,
    dark_classes: int,
    bilateral: bool,
    bilateral_px: int,
    bilateral_sigma: float,
    closings: int,
) -> UInt8[np.ndarray, "h w"]:
    """As :func:`crackpipe.pseudo.methods.cam_location`, on a looped dark map."""
    where = methods.localisation(cam, patch_map, threshold=threshold, erosions=erosions)
    diameter_px = bilateral_px if bilateral else 0
    grey = dark_map.filtered_grey(image, bilateral_px=diameter_px, bilateral_sigma=bilateral_sigma)
    is_dark = dark(
        grey,
        side_px=dark_side_px,
        stride_px=dark_stride_px,
        threshold=lambda patch: float_threshold(patch, classes=dark_classes),
    )
    levels = images.to_levels(np.where(is_dark, where, np.float32(0)))
    if bilateral:
        levels = images.bilateral(
            levels, diameter_px=bilateral_px, sigma_colour=bilateral_sigma, sigma_space=bilateral_sigma
        )
    return images.close(levels, times=closings)


def _grid(pixels: np.ndarray, *, side_px: int, stride_px: int) -> tuple[np.ndarray, list[int], list[int]]:
    """The photograph mirrored to whole patches, and the patches' first rows and columns."""
    rows, cols = (patch_grid.starts(n, side_px=side_px, stride_px=stride_px).tolist() for n in pixels.shape[:2])
    bottom, right = rows[-1] + side_px - pixels.shape[0], cols[-1] + side_px - pixels.shape[1]
    return images.pad_reflect(pixels, bottom=bottom, right=right), rows, cols


def _normalised(pixels: Image, *, mean: tuple[float, ...], std: tuple[float, ...]) -> Float[Tensor, "3 h w"]:
    scaled = (pixels.astype(np.float32) / 255 - np.array(mean, np.float32)) / np.array(std, np.float32)
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
