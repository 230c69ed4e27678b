from . import (
    ablation,
    calibration,
    caption_scaling,
    evaluation,
    few_shot,
    gallery,
    headline,
    history,
    label_quality,
    prompt_ablation,
    retrieval,
    show,
)

__all__ = [
    "ablation",
    "calibration",
    "caption_scaling",
    "evaluation",
    "few_shot",
    "gallery",
    "headline",
    "history",
    "label_quality",
    "prompt_ablation",
    "retrieval",
    "show",
]
