from . import build, encoder_files, weights
from .dual_encoder import DualEncoder
from .encoder import Encoder
from .open_clip_encoder import OpenClipEncoder

__all__ = ["DualEncoder", "Encoder", "OpenClipEncoder", "build", "encoder_files", "weights"]
