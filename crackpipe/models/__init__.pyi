from . import backbones, checkpoints, folding, model_files, normalise

__all__ = ["backbones", "checkpoints", "folding", "model_files", "normalise"]
