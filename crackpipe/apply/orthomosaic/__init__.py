"""Orthomosaics: georeferenced rasters of any size to masks on their grid, and crack centre-lines on the map."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
