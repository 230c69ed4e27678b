from . import (
    ablation,
    calibration,
    caption_scaling,
    evaluation,
    few_shot,
    gallery,
    history,
    label_quality,
    prompt_ablation,
    retrieval,
)

__all__ = [
    "ablation",
    "calibration",
    "caption_scaling",
    "evaluation",
    "few_shot",
    "gallery",
    "history",
    "label_quality",
    "prompt_ablation",
    "retrieval",
]
