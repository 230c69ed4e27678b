from .classifier import BACKBONES
from .labels import LABEL_KINDS, LABEL_METHODS, NETWORKS, SEGMENTERS, TEACHER_LABELS
from .language import WORDINGS
from .loading import check, defaults, load
from .whole import Params

__all__ = [
    "BACKBONES",
    "LABEL_KINDS",
    "LABEL_METHODS",
    "NETWORKS",
    "SEGMENTERS",
    "TEACHER_LABELS",
    "WORDINGS",
    "Params",
    "check",
    "defaults",
    "load",
]
