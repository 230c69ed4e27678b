"""The stage bench by a real network in a small project, and the packed segmenter that takes what it found."""

import json
from pathlib import Path

import dark_segmenter
import numpy as np
import pytest
import stages
from ruamel.yaml import YAML
from typer.testing import CliRunner

from crackpipe.cli import app
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

ROOT = Path(__file__).parents[2]
NAME = "deepcrack_liu-truth"

pytestmark = pytest.mark.slow


def wall(*, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A photograph with a dark crack, and its mask."""
    truth = np.zeros((192, 320), bool)
    truth[60:64, 40:300] = True
    picture = np.random.default_rng(seed).integers(140, 180, (192, 320, 3), dtype=np.uint8)
    picture[truth] = 20
    return picture, truth


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose segmenter calls dark pixels cracks, with a validation and a test photograph."""
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "precision": "fp32", "threads": 1}
    tree["train_segmenter"] |= {"networks": ["unet", "deepcrack_liu"], "labels": ["truth", "cam_location"]}
    tree["pseudo_label"]["methods"] = ["cam_location", "truth"]
    tree["self_label"]["labels"] = []
    tree["ablate_adapters"]["variants"] = []
    tree["bench"] |= {"segmenters": [NAME], "photos": 9, "side_px": 96, "square_px": 96}
    tree["segment"] |= {"dark_share": 0.0}
    rows = []
    for split in ("test", "val"):
        picture, truth = wall(seed=len(split))
        rows.append(
            {
                "photo_id": f"site/{split}", "source": "site", "split": split, "group_id": f"site/{split}",
                "height_px": 192, "width_px": 320, "image": images.encode_rgb(picture),
                "mask": images.encode_mask(truth), "label": 1, "caption": None, "attributes": None, "mm_per_px": None,
            }
        )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with Path("params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    parquet.write_shards(Path("data/photos"), schemas.PHOTOS, rows)
    dark_segmenter.save(Path("models/segmenter") / NAME)
    return tmp_path


def test_the_bench_chooses_and_scores_and_the_packed_model_tells_it(project: Path) -> None:
    stages.finished(project, "segment", "deepcrack_liu", "truth")
    stages.finished(project, "bench", NAME)
    found = json.loads(Path(f"metrics/bench-{NAME}.json").read_text(encoding="utf-8"))
    assert (found["test"]["site"]["ods"], found["test"]["site"]["f1"]) == (1, 1)
    assert found["crack_free"]["site"]["claimed"] == 0
    assert "drawn" in found["crack_free"]
    printed = CliRunner().invoke(app.commands, ["pack", "packed", "--model", NAME], catch_exceptions=False).output
    level = found["cracks"]["level"]
    assert f"crack from {level:g} on" in printed
    assert "100 % of crack-free squares" in printed
    card = json.loads(Path("packed/model.json").read_text(encoding="utf-8"))
    assert card["geometry"]["level"] == level
    assert (card["figures"], card["tuned"]) == (found["test"], found["val"])


def test_a_segmenter_that_is_not_benched_is_packed_with_a_word_on_it(project: Path) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace(f"- {NAME}", "").replace(f"[{NAME}]", "[]"), encoding="utf-8")
    printed = CliRunner().invoke(app.commands, ["pack", "packed", "--model", NAME], catch_exceptions=False).output
    assert f"{NAME} is not in bench.segmenters: what counts as a crack was not chosen for it" in printed


def test_a_benched_segmenter_is_not_packed_before_its_stage_has_run(project: Path) -> None:
    done = CliRunner().invoke(app.commands, ["pack", "packed", "--model", NAME])
    assert "run `dvc repro bench` first" in str(done.exception)
    assert not Path("packed").exists()
