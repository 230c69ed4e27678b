from . import darkening, onnx_engine, scale_choice, segmenter, tiles

__all__ = ["darkening", "onnx_engine", "scale_choice", "segmenter", "tiles"]
