from . import darkening, scale_choice, segmenter, tiles

__all__ = ["darkening", "scale_choice", "segmenter", "tiles"]
