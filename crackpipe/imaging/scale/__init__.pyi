from . import exif
from .of_photograph import scale_of, scale_of_map
from .record import Scale
from .sources import ScaleSources, read_table

__all__ = ["Scale", "ScaleSources", "exif", "read_table", "scale_of", "scale_of_map"]
