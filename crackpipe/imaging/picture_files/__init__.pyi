from . import jpeg, names, png
from .picture import Picture, upright
from .reading import read

__all__ = ["Picture", "jpeg", "names", "png", "read", "upright"]
