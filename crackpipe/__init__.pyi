from . import (
    apply,
    classify,
    clip,
    data,
    errors,
    few_shot,
    imaging,
    measures,
    models,
    params,
    pseudo,
    report,
    results,
    retrieval,
    segment,
    tune,
)
from .apply.trained_classifier import TrainedClassifier, load_classifier
from .apply.trained_segmenter import TrainedSegmenter, load_segmenter
from .imaging.crack_mask import Mask
from .measures.scores import ece, segmentation_scores
from .params.project import Project

__all__ = [
    "Mask",
    "Project",
    "TrainedClassifier",
    "TrainedSegmenter",
    "apply",
    "classify",
    "clip",
    "data",
    "ece",
    "errors",
    "few_shot",
    "imaging",
    "load_classifier",
    "load_segmenter",
    "measures",
    "models",
    "params",
    "pseudo",
    "report",
    "results",
    "retrieval",
    "segment",
    "segmentation_scores",
    "tune",
]
