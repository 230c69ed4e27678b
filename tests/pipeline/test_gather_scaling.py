"""Files of the data-scaling sweep, one for each share, become the rows of one plot."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from crackpipe.files import parquet, schemas
from pipeline import gather_scaling

ROOT = Path(__file__).parents[2]
FOLDER = Path("data/caption_scaling")


def hits(share: float, n: int, forth: int, back: int) -> list[dict[str, Any]]:
    """Ten queries each way, of which so many hit."""
    common = {"share": share, "n": n, "best_epoch": 1, "val_loss": 2.0}
    return [
        {"split": "test", "direction": way, "query": query, "caption": f"c{query}", "hit": query < count, **common}
        for way, count in (("image_to_text", forth), ("text_to_image", back))
        for query in range(10)
    ]


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    shutil.copyfile(ROOT / "data/caption_scaling/.gitignore", FOLDER / ".gitignore")
    for share, n, forth, back in [(0.25, 210, 1, 2), (0.5, 420, 9, 9), (1.0, 840, 3, 4)]:
        parquet.write(FOLDER / f"{share}.parquet", schemas.CAPTION_SCALING, hits(share, n, forth, back))


def gathered(shares: str) -> Any:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    before, _, after = text.partition("scale_captions:\n")
    _, rest = re.split(r"(?m)^(?=\S)", after, maxsplit=1)  # the next section begins at the margin
    Path("params.yaml").write_text(f"{before}scale_captions:\n  shares: {shares}\n{rest}", encoding="utf-8")
    gather_scaling.main()
    return json.loads(Path("metrics/caption_scaling.json").read_text(encoding="utf-8"))


def test_shares_that_are_asked_for_stand_side_by_side_and_what_others_have_left_does_not() -> None:
    found = gathered("[0.25, 1.0]")
    assert [(one["share"], one["n"], one["series"], one["r10"]) for one in found] == [
        (0.25, 210, "test: image to text", 0.1),
        (1.0, 840, "test: image to text", 0.3),
        (0.25, 210, "test: text to image", 0.2),
        (1.0, 840, "test: text to image", 0.4),
    ]
    assert all(one["r10_low"] < one["r10"] < one["r10_high"] for one in found)


def test_a_share_that_is_written_without_a_point_is_found() -> None:
    """DVC names the file as params.yaml writes the share."""
    wanted = gathered("[1.0]")
    (FOLDER / "1.0.parquet").rename(FOLDER / "1.parquet")
    assert gathered("[1]") == wanted


def test_no_share_is_an_empty_plot() -> None:
    assert gathered("[]") == []
