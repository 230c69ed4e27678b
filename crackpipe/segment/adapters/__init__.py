"""Text-guided segmentation: linear adapters on the tokens of a frozen encoder (CrackCLIP)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
