"""Inference of the tests' segmenters: in small tiles, at one scale, nothing done to their maps."""

from crackpipe.segment.inference.segmenter import Inference

PLAIN = Inference(
    side_px=None,
    tile_px=64,
    overlap_px=16,
    flips=1,
    scales=[1.0],
    octaves_px=None,
    crack_min_px=3.0,
    crack_max_px=26.0,
    dark_share=0.0,
    dark_softness=20.0,
    erosions=0,
)
