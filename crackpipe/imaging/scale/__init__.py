"""Scale and place of a photograph: what a pixel is on the surface, and where it was taken."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
