"""Device, precision, threads and memory of all work; compiled code, work done ahead."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
