"""The bench of a segmenter: by a segmenter that calls dark pixels cracks, on photographs and masks made by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crackpipe.errors import TableError
from crackpipe.files import parquet, schemas
from crackpipe.imaging import images
from crackpipe.tune import bench
from crackpipe.tune.bench import BenchSettings

SHAPE = (192, 320)
SETTINGS = {"photos": 9, "side_px": 96, "seed": 0, "square_px": 96, "tolerance_px": 2, "gap_px": 12.0}


def truth() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[60:64, 40:300] = True
    return mask


def dark(image: np.ndarray) -> np.ndarray:
    return np.where(image.mean(axis=2) < 60, 255, 0).astype(np.uint8)


def photo(name: str, mask: np.ndarray | None) -> dict[str, Any]:
    source, split, _ = name.split("/")
    return {
        "photo_id": name, "source": source, "split": split, "group_id": name,
        "height_px": SHAPE[0], "width_px": SHAPE[1], "image": images.encode_rgb(np.full((*SHAPE, 3), 160, np.uint8)),
        "mask": None if mask is None else images.encode_mask(mask), "label": None if mask is None else int(mask.any()),
        "caption": None, "attributes": None, "mm_per_px": None,
    }  # fmt: skip


def write(root: Path, photos: dict[str, tuple[np.ndarray | None, np.ndarray]]) -> None:
    """Tables of photographs: of each its truth, and what the segmenter has found."""
    rows = [photo(name, mask) for name, (mask, _) in sorted(photos.items())]
    parquet.write_shards(root / "photos", schemas.PHOTOS, rows)
    found = [
        {"photo_id": name, "mask": images.encode_grey(levels)}
        for name, (_, levels) in sorted(photos.items())
        if "/train/" not in name
    ]
    parquet.write_shards(root / "unet-truth", schemas.MASKS, found)


def run(root: Path, *, doubtful: tuple[str, ...] = (), **changed: Any) -> dict[str, Any]:
    settings = BenchSettings(**({"min_elongation": 3.0} | SETTINGS | changed))
    return bench.run(root / "photos", root / "unet-truth", segment=dark, settings=settings, doubtful=doubtful)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Validation and test photographs of two sources: the masks of one lie where the cracks are, of the other not."""
    right, wrong = truth().astype(np.uint8) * 200, truth()[::-1].astype(np.uint8) * 200
    photos = {f"right/{split}/a": (truth(), right) for split in ("train", "val", "test")}
    photos["wrong/test/a"] = truth(), wrong
    photos["unknown/test/a"] = None, wrong
    write(tmp_path, photos)
    return tmp_path


def test_settings_are_chosen_on_val_and_figures_told_of_each_source_of_test(tables: Path) -> None:
    found = run(tables, photos=0)
    assert found["val"]["f1"] == 1
    assert (found["cracks"]["gap_px"], found["cracks"]["min_elongation"]) == (12.0, 3.0)
    assert sorted(found["test"]) == ["right", "wrong"]
    right, wrong = found["test"]["right"], found["test"]["wrong"]
    assert (right["photographs"], right["ods"], right["f1"], right["f1_2px"]) == (1, 1, 1, 1)
    assert (wrong["ods"], wrong["f1"], wrong["ap_2px"]) == (0, 0, 0)


def test_squares_without_a_crack_tell_what_is_claimed_where_there_is_none(tables: Path) -> None:
    """Of 2 × 3 squares the truth crosses the upper ones; the wrong mask lies in all of the lower three."""
    free = run(tables, photos=0)["crack_free"]
    assert free["right"] == {"squares": 3, "megapixels": round(3 * 96 * 96 / 1e6, 4), "claimed": 0}
    assert free["wrong"]["claimed"] == 1


def test_photographs_without_a_crack_are_told_with_their_alarms(tmp_path: Path) -> None:
    two = np.zeros(SHAPE, np.uint8)
    two[20:24, 20:200] = two[150:154, 20:200] = 200
    none = np.zeros(SHAPE, bool)
    photos = {f"wall/{split}/crack": (truth(), truth().astype(np.uint8) * 200) for split in ("val", "test")}
    photos |= {"wall/test/b": (none, two), "wall/test/c": (none, np.zeros(SHAPE, np.uint8))}
    write(tmp_path, photos)
    found = run(tmp_path, photos=0)
    megapixels = 2 * SHAPE[0] * SHAPE[1] / 1e6
    assert found["crack_free"]["wall"] == {
        "photographs": 2, "megapixels": round(megapixels, 4), "claimed": 0.5, "alarms_per_mpx": round(2 / megapixels, 4)
    }  # fmt: skip
    assert found["test"]["wall"]["photographs"] == 1


def test_drawn_surfaces_are_chosen_on_and_others_are_scored(tables: Path) -> None:
    found = run(tables)
    assert set(found["val"]["quiet"]) == {"squares", "drawn"}
    assert found["test"]["drawn"]["photographs"] + found["crack_free"]["drawn"]["photographs"] == 9
    assert found == run(tables)
    assert found["test"]["drawn"] != run(tables, seed=1)["test"]["drawn"]


def test_confidences_are_calibrated_on_val_and_their_error_told_of_each_source(tmp_path: Path) -> None:
    """Half of what is called crack with a confidence of 0.8 is crack: it becomes 0.5."""
    half = truth()
    half[:, 170:] = False
    photos = {f"wall/{split}/a": (half, truth().astype(np.uint8) * 204) for split in ("val", "test")}
    write(tmp_path, photos)
    found = run(tmp_path, photos=0)
    share = half.sum() / truth().sum()
    assert found["pixels"]["val/wall"]["ece"] == pytest.approx((0.8 - share) * truth().mean(), abs=1e-3)
    assert found["pixels"]["test/wall"]["ece_calibrated"] < 1e-3
    assert found["cracks"]["level"] <= share + 0.01


@pytest.mark.slow
def test_a_level_is_told_for_each_risk_and_what_was_missed_there(tmp_path: Path) -> None:
    """Of each of 20 structures a tenth of the crack has a confidence of 0.2, the rest one of 0.8."""
    levels = truth().astype(np.uint8) * 204
    levels[:, 40:66] = np.where(truth()[:, 40:66], 51, 0)
    faint = np.zeros(SHAPE, np.uint8)
    noise = np.zeros(SHAPE, np.uint8)
    noise[120:124, 20:250] = 51  # as faint, and no crack
    photos = {f"wall/val/{number:02d}": (truth(), np.maximum(levels, noise)) for number in range(20)}
    photos |= {"wall/test/a": (truth(), levels), "other/test/a": (truth(), faint)}
    write(tmp_path, photos)
    found = run(tmp_path, photos=0, square_px=32)
    assert found["missed"]["structures"] == 20
    sharp, loose = found["risk"]["0.05"], found["risk"]["0.2"]
    assert loose["missed"]["val"] == pytest.approx(0.09, abs=0.02)
    assert sharp["missed"]["val"] == sharp["missed"]["test/wall"] == 0
    assert sharp["level"] < loose["level"]
    assert sharp["missed"]["test/other"] == 1


def test_photographs_whose_truth_is_wrong_are_left_out(tables: Path) -> None:
    assert "wrong" not in run(tables, photos=0, doubtful=("wrong/test/a",))["test"]


def test_without_a_crack_in_validation_nothing_is_chosen(tmp_path: Path) -> None:
    write(tmp_path, {"wall/test/a": (truth(), truth().astype(np.uint8) * 200)})
    with pytest.raises(TableError, match="no mask of val shows a crack; what counts as one is chosen on some"):
        run(tmp_path)


def test_masks_of_other_photographs_are_refused(tables: Path) -> None:
    rows = [row for row in parquet.scan(tables / "photos", schemas.PHOTOS) if row["photo_id"] != "wrong/test/a"]
    parquet.write_shards(tables / "photos", schemas.PHOTOS, rows)
    with pytest.raises(TableError, match=r"run `dvc repro segment@unet-truth` again"):
        run(tables)
