from .cracks import Crack, GeometrySettings, Widths, find

__all__ = ["Crack", "GeometrySettings", "Widths", "find"]
