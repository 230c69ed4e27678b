from . import augment, labels, thin_cracks, windows

__all__ = ["augment", "labels", "thin_cracks", "windows"]
