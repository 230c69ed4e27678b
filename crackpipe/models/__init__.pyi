from . import backbones, checkpoints, folding, heads, model_files, normalise, onnx_export, onnx_session

__all__ = ["backbones", "checkpoints", "folding", "heads", "model_files", "normalise", "onnx_export", "onnx_session"]
