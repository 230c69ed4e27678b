"""Rows of the data-scaling sweep as points of a plot."""

import pandas as pd
import pytest

from crackpipe.report import caption_scaling


def table(share: float, n: int, **splits: tuple[list[int], list[int]]) -> pd.DataFrame:
    """Hits (image to text, text to image) of these splits; two queries a caption."""
    rows = [
        {"split": split, "direction": direction, "query": query, "caption": f"c{query // 2}", "hit": bool(hit)}
        for split, both in splits.items()
        for direction, hits in zip(("image_to_text", "text_to_image"), both, strict=True)
        for query, hit in enumerate(hits)
    ]
    return pd.DataFrame(rows).assign(share=share, n=n, best_epoch=3, val_loss=1.5)


def test_points_are_lines_over_the_shares_one_for_each_split_and_direction() -> None:
    tables = [
        table(0.1, 84, val=([1, 0], [0, 0]), test=([1, 0, 0, 0], [1, 1])),
        table(1.0, 840, val=([1, 1], [1, 0]), test=([1, 1, 1, 0], [1, 1])),
    ]
    found = caption_scaling.points(tables)
    assert [(one["series"], one["share"], one["n"], one["r10"]) for one in found] == [
        ("val: image to text", 0.1, 84, 0.5),
        ("val: image to text", 1.0, 840, 1.0),
        ("val: text to image", 0.1, 84, 0.0),
        ("val: text to image", 1.0, 840, 0.5),
        ("test: image to text", 0.1, 84, 0.25),
        ("test: image to text", 1.0, 840, 0.75),
        ("test: text to image", 0.1, 84, 1.0),
        ("test: text to image", 1.0, 840, 1.0),
    ]
    assert {(one["best_epoch"], one["val_loss"]) for one in found} == {(3, 1.5)}


def test_an_interval_draws_captions_with_all_their_queries() -> None:
    """Two captions, one found by both its queries and one by neither: a resample has it 0, 1 or 2 times in 2."""
    (one, _) = caption_scaling.points([table(0.5, 10, test=([1, 1, 0, 0], [1, 1, 1, 1]))])
    assert (one["r10"], one["r10_low"], one["r10_high"]) == (0.5, 0.0, 1.0)
    (_, sure) = caption_scaling.points([table(0.5, 10, test=([1, 1, 0, 0], [1, 1, 1, 1]))])
    assert sure["r10_low"] == sure["r10_high"] == pytest.approx(1)


def test_a_split_without_captions_has_no_points() -> None:
    found = caption_scaling.points([table(0.5, 10, test=([1], [1])), table(1.0, 20, test=([0], [1]))])
    assert [one["series"] for one in found] == ["test: image to text"] * 2 + ["test: text to image"] * 2
    assert caption_scaling.points([table(0.5, 10, test=([1], [1])).iloc[:0]]) == []
