from . import backbones, checkpoints, folding, heads, model_files, normalise

__all__ = ["backbones", "checkpoints", "folding", "heads", "model_files", "normalise"]
