"""Localisation maps of a patch classifier, the pseudo-label methods on them, self-training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
