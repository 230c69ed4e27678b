"""Segmenters: training windows, text-guided adapters, pixel networks, tiled inference."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
