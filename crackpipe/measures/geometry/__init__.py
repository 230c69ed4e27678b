"""Cracks of a mask, one by one: course, length, width, direction."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
