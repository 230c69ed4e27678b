from . import examples, text_guided, token_cache, training
from .network import TextAdapters

__all__ = ["TextAdapters", "examples", "text_guided", "token_cache", "training"]
