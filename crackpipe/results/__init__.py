"""Runs of the pipeline, side by side or on real data, and the papers' tables with our rows under them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
