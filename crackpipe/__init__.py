"""Crack masks and calibrated decisions from photographs with patch labels only.

Names are imported when they are first used, so that ``import crackpipe`` is quick.

Examples:
    >>> import crackpipe
    >>> segmenter = crackpipe.load_segmenter("models/segmenter/unet-cam_location")
    >>> mask = segmenter.segment("photo.jpg")
    >>> mask.save("photo.mask.png")
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
