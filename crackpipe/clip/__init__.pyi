from . import embedding, embedding_file, encoders, prompts, training
from .encoders.encoder import Encoder

__all__ = ["Encoder", "embedding", "embedding_file", "encoders", "prompts", "training"]
