from . import alignment, caption_scaling, freezing, pairing, tuning

__all__ = ["alignment", "caption_scaling", "freezing", "pairing", "tuning"]
