from . import build, encoder_files, weights
from .dual_encoder import DualEncoder
from .encoder import Encoder, TrainableEncoder
from .open_clip_encoder import OpenClipEncoder

__all__ = ["DualEncoder", "Encoder", "OpenClipEncoder", "TrainableEncoder", "build", "encoder_files", "weights"]
