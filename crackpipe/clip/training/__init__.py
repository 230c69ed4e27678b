"""Contrastive training of an encoder on patches with prompts and photographs with captions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
