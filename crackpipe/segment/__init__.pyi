from . import adapters, inference, losses, networks, windows

__all__ = ["adapters", "inference", "losses", "networks", "windows"]
