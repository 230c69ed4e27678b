from . import adapters, inference, losses, networks, recipes, windows

__all__ = ["adapters", "inference", "losses", "networks", "recipes", "windows"]
