"""Picture files of every kind, from the field: read, or refused with the reason."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
