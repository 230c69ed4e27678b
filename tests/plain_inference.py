"""How a segmenter of tests is run: in small tiles, at one scale, nothing done to what it says."""

from typing import Any

PLAIN: dict[str, Any] = {
    "side_px": None,
    "tile_px": 64,
    "overlap_px": 16,
    "flips": 1,
    "scales": [1.0],
    "crack_min_px": 3.0,
    "crack_max_px": 26.0,
    "dark_share": 0.0,
    "dark_softness": 20.0,
    "erosions": 0,
    "what": None,
}
