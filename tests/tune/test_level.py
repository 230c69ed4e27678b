"""Settings and figures that a packed segmenter is told with, by a real network on a small project."""

from pathlib import Path

import dark_segmenter
import numpy as np
import pytest

from crackpipe.apply import segmenter_files, trained_segmenter
from crackpipe.apply.trained_segmenter import TrainedSegmenter
from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.params.project import Project
from crackpipe.tune import figures, level

ROOT = Path(__file__).parents[2]


def truth() -> np.ndarray:
    mask = np.zeros((192, 320), bool)
    mask[60:64, 40:300] = True
    return mask


def wall(*, seed: int) -> np.ndarray:
    picture = np.random.default_rng(seed).integers(140, 180, (192, 320, 3), dtype=np.uint8)
    picture[truth()] = 20
    return picture


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a validation and a test photograph of each of two sources; the second's truth lies elsewhere."""
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    rows = [
        {
            "photo_id": f"{source}/{split}", "source": source, "split": split, "group_id": f"{source}/{split}",
            "height_px": 192, "width_px": 320, "image": images.encode_rgb(wall(seed=len(split))),
            "mask": images.encode_mask(truth() if source == "right" else truth()[::-1].copy()), "label": 1,
            "caption": None, "attributes": None, "mm_per_px": None,
        }
        for source in ("right", "wrong") for split in ("test", "val")
    ]  # fmt: skip
    parquet.write_shards(tmp_path / "data/photos", schemas.PHOTOS, rows)
    return Project.open(tmp_path)


@pytest.fixture
def trained(project: Project) -> TrainedSegmenter:
    folder = dark_segmenter.save(project.path("models/segmenter/dark"))
    files = segmenter_files.find(folder, project=project).with_inference(dark_share=0.0)
    return trained_segmenter.load(files)


def test_figures_are_told_of_each_source_at_what_counts_as_a_crack(project: Project, trained: TrainedSegmenter) -> None:
    found = figures.score(
        project=project, network=trained.network, settings=trained.settings, cracks=trained.files.geometry
    )
    assert list(found) == ["right", "wrong"]
    assert found["right"]["photographs"] == 1
    assert (found["right"]["ods"], found["right"]["f1"], found["right"]["f1_2px"]) == (1, 1, 1)
    assert (found["wrong"]["ods"], found["wrong"]["f1"]) == (0, 0)
    longer = trained.with_geometry(min_length_px=1000.0)
    none = figures.score(
        project=project, network=trained.network, settings=trained.settings, cracks=longer.files.geometry
    )
    assert (none["right"]["ods"], none["right"]["f1"]) == (1, 0)  # nothing counts as a crack


def test_settings_are_chosen_on_validation_and_drawn_surfaces(
    project: Project, trained: TrainedSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level, "DRAWN", 9)
    monkeypatch.setattr(level, "SIDE_PX", 96)
    found = level.tune_level(project=project, network=trained.network, settings=trained.settings, seed=0)
    assert found.quiet["squares"] > 0.5  # dark is crack, and the squares of the right truth hold none
    assert set(found.quiet) == {"squares", "drawn"}
    assert found == level.tune_level(project=project, network=trained.network, settings=trained.settings, seed=0)


def test_without_a_crack_in_validation_nothing_is_chosen(project: Project, trained: TrainedSegmenter) -> None:
    rows = [row | {"split": "train"} for row in parquet.scan(project.path("data/photos"), schemas.PHOTOS)]
    parquet.write_shards(project.path("data/photos"), schemas.PHOTOS, rows)
    with pytest.raises(TableError, match="no mask of val shows a crack; the settings are chosen on some"):
        level.tune_level(project=project, network=trained.network, settings=trained.settings, seed=0)
