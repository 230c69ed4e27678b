from . import catalogue, pixel_network, training, trunks

__all__ = ["catalogue", "pixel_network", "training", "trunks"]
