from . import extensions, labels
from .labels import TEACHER_LABELS
from .language import WORDINGS
from .loading import check, defaults, load
from .section import Section
from .whole import Params

__all__ = [
    "TEACHER_LABELS",
    "WORDINGS",
    "Params",
    "Section",
    "check",
    "defaults",
    "extensions",
    "labels",
    "load",
]
