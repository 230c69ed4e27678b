"""Pixel networks: U-Net, both DeepCracks, OED, and their training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
