from . import catalogue
from .layout import Dataset

__all__ = ["Dataset", "catalogue"]
