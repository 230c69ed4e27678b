from . import bench, crf_search
from .crf import tune_crf
from .head import tune_head

__all__ = ["bench", "crf_search", "tune_crf", "tune_head"]
