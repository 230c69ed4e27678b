from . import bootstrap, calibration, classification, intervals, retrieval, segmentation, uncertainty
from .scores import ece, segmentation_scores
from .segmentation import Scores

__all__ = [
    "Scores",
    "bootstrap",
    "calibration",
    "classification",
    "ece",
    "intervals",
    "retrieval",
    "segmentation",
    "segmentation_scores",
    "uncertainty",
]
