"""Pictures as arrays: decoding, filters, darkness, grids of patches, masks, overlays, drawn strokes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
