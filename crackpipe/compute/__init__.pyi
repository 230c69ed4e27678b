from . import hardware, memory, parallel, seeds
from .runtime import Runtime, start_runtime

__all__ = ["Runtime", "hardware", "memory", "parallel", "seeds", "start_runtime"]
