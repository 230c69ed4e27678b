from . import jpeg_damage, names, png
from .picture import Picture, upright
from .reading import read

__all__ = ["Picture", "jpeg_damage", "names", "png", "read", "upright"]
