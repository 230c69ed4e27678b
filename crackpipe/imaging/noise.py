"""Random fields that textures are made of: mean 0, standard deviation about 1."""

import numpy as np
from jaxtyping import Float32

from crackpipe.imaging import images

Field = Float32[np.ndarray, "h w"]


def grain(rng: np.random.Generator, *, side_px: int, sigma_px: float) -> Field:
    """White noise, (side, side), blurred by a Gaussian: grains about 2.5 σ wide.

    Args:
        rng: that it is drawn from.
        side_px: of the square.
        sigma_px: σ.
    """
    white = rng.standard_normal((side_px, side_px), dtype=np.float32)
    return _standard(images.gaussian_blur(white, sigma_px=sigma_px))


def clouds(rng: np.random.Generator, *, side_px: int, scale_px: float, octaves: int) -> Field:
    """Smooth mottling, (side, side): lattice noise at one scale and, half as strong each time, at halves of it.

    Args:
        rng: that it is drawn from.
        side_px: of the square.
        scale_px: distance of the first lattice's nodes.
        octaves: number of lattices, 1 or more.
    """
    field = np.zeros((side_px, side_px), np.float32)
    for octave in range(octaves):
        cell_px = max(scale_px / 2**octave, 2.0)
        nodes = int(np.ceil(side_px / cell_px)) + 3
        lattice = rng.standard_normal((nodes, nodes), dtype=np.float32)
        width = round(nodes * cell_px)
        row, col = rng.integers(0, width - side_px + 1, 2)
        smooth = images.resize(lattice, height=width, width=width, method="lanczos")
        field += smooth[row : row + side_px, col : col + side_px] * np.float32(0.5**octave)
    # the lattice has unit variance, so this keeps a large-scale field's own mean instead of centring it away
    return field / np.float32(np.sqrt(sum(0.25**octave for octave in range(octaves))))


def relief(height: Field, *, light_rad: float) -> Field:
    """Slope of ``height`` towards the light (0 = from the right, π/2 = from above), standard deviation 1."""
    down = np.diff(height, axis=0, append=height[-1:])
    right = np.diff(height, axis=1, append=height[:, -1:])
    return _standard(np.float32(np.sin(light_rad)) * down - np.float32(np.cos(light_rad)) * right)


def shifted(field: Field, *, down: int, right: int) -> Field:
    """A field moved by so many pixels, 0 where nothing has moved to.

    Args:
        field: (h, w).
        down, right: pixels, of either sign.
    """
    height, width = field.shape
    moved = np.zeros_like(field)
    rows, cols = slice(max(0, down), height + min(0, down)), slice(max(0, right), width + min(0, right))
    moved[rows, cols] = field[max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)]
    return moved


def _standard(field: Field) -> Field:
    return (field - field.mean()) / np.maximum(field.std(), np.float32(1e-6))
