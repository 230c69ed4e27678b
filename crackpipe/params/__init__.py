"""Typed, frozen, range-checked parameters: ``params.yaml`` is the one place where a default lives.

A stage reads them by :func:`load`, or with the folder that they belong to by
:class:`crackpipe.params.project.Project`; both check the whole file before any work is done. The modules here say what
is allowed; the comments in ``params.yaml`` say what it means.
"""

from crackpipe.params.classifier import BACKBONES
from crackpipe.params.labels import LABEL_KINDS, LABEL_METHODS, SEGMENTERS, TEACHER_LABELS, CamCrf
from crackpipe.params.language import WORDINGS
from crackpipe.params.loading import check, load
from crackpipe.params.whole import Params

__all__ = [
    "BACKBONES",
    "LABEL_KINDS",
    "LABEL_METHODS",
    "SEGMENTERS",
    "TEACHER_LABELS",
    "WORDINGS",
    "CamCrf",
    "Params",
    "check",
    "load",
]
