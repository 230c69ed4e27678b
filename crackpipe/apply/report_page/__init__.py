"""The page of an inspection, ``report.html``: one file that asks nothing of the network."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
