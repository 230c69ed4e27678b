from . import (
    ablation,
    adapter_ablation,
    calibration,
    caption_scaling,
    evaluation,
    few_shot,
    gallery,
    headline,
    history,
    label_quality,
    retrieval,
    show,
)

__all__ = [
    "ablation",
    "adapter_ablation",
    "calibration",
    "caption_scaling",
    "evaluation",
    "few_shot",
    "gallery",
    "headline",
    "history",
    "label_quality",
    "retrieval",
    "show",
]
