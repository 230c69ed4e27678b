from . import acent, aicl, ar_adals, catalogue, dece, focal, smoothing, step

__all__ = ["acent", "aicl", "ar_adals", "catalogue", "dece", "focal", "smoothing", "step"]
