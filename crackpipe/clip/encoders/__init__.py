"""Image-text encoders: open_clip's, and a small one on the pipeline's own trunk."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
