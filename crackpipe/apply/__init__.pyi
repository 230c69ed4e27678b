from . import classify, export, few_shot, prompts, report_page, search, survey
from .trained_classifier import TrainedClassifier, load_classifier
from .trained_segmenter import TrainedSegmenter, load_segmenter

__all__ = [
    "TrainedClassifier",
    "TrainedSegmenter",
    "classify",
    "export",
    "few_shot",
    "load_classifier",
    "load_segmenter",
    "prompts",
    "report_page",
    "search",
    "survey",
]
