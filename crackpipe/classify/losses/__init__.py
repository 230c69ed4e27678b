"""Losses of the patch classifier by name: each a function of (features, logits, targets, step)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
