"""Surveys: a folder of photographs in; masks, cracks, measures, tables and a page out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
