"""Training windows: where photographs are cut, how they are changed, and what labels they get."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
