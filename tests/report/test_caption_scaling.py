"""Rows of the data-scaling sweep as points of a plot."""

from typing import Any

from crackpipe.report import caption_scaling


def scored(share: float, n: int, **splits: tuple[float, float]) -> dict[str, Any]:
    """A row with R@10 (image to text, text to image) of these splits."""
    named = {split: {"image_to_text_r10": forth, "text_to_image_r10": back} for split, (forth, back) in splits.items()}
    return {"share": share, "n": n, "best_epoch": 3, "val_loss": 1.5, **named}


def test_points_are_lines_over_the_shares_one_for_each_split_and_direction() -> None:
    rows = [scored(0.1, 84, val=(0.2, 0.3), test=(0.1, 0.4)), scored(1.0, 840, val=(0.5, 0.6), test=(0.7, 0.8))]
    found = caption_scaling.points(rows)
    assert [(one["series"], one["share"], one["n"], one["r10"]) for one in found] == [
        ("val: image to text", 0.1, 84, 0.2),
        ("val: image to text", 1.0, 840, 0.5),
        ("val: text to image", 0.1, 84, 0.3),
        ("val: text to image", 1.0, 840, 0.6),
        ("test: image to text", 0.1, 84, 0.1),
        ("test: image to text", 1.0, 840, 0.7),
        ("test: text to image", 0.1, 84, 0.4),
        ("test: text to image", 1.0, 840, 0.8),
    ]
    assert all(list(one) == ["share", "n", "series", "r10"] for one in found)


def test_a_split_without_captions_has_no_points() -> None:
    found = caption_scaling.points([scored(0.5, 10, test=(0.1, 0.2)), scored(1.0, 20, test=(0.3, 0.4))])
    assert [one["series"] for one in found] == ["test: image to text"] * 2 + ["test: text to image"] * 2
    assert caption_scaling.points([scored(0.5, 10)]) == []
