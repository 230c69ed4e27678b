"""Charts as inline SVG: numbers to coordinates, and coordinates to text; colours and fonts are the page's."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
