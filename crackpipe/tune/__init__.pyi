from . import crf_search, figures
from .crf import tune_crf
from .head import tune_head
from .level import tune_level

__all__ = ["crf_search", "figures", "tune_crf", "tune_head", "tune_level"]
