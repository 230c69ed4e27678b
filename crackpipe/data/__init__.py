"""From raw photographs to patches: ingest, splits, captions, slices, pixels of patches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
