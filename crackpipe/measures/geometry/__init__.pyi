from .crack import Crack, GeometrySettings
from .cracks import find
from .widths import Widths

__all__ = ["Crack", "GeometrySettings", "Widths", "find"]
