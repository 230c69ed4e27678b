"""The demo dataset: procedural photographs of cracked and sound surfaces, exact masks, captions, hard negatives."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
