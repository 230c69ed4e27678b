from .survey import photographs

__all__ = ["photographs"]
