from .folder import write
from .page import render
from .pictures import PicturePair

__all__ = ["PicturePair", "render", "write"]
