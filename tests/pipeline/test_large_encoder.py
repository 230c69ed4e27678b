"""CrackCLIP's own encoder, ViT-L/14 at 518 px with random weights, through the stages that use it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

ROOT = Path(__file__).parents[2]
SIDE_PX = 518
PEAK_MIB = 6 * 1024
SAVE = """
import torch
from pathlib import Path
from crackpipe.clip.encoders import encoder_files
torch.manual_seed(0)
spec = {"architecture": "open_clip", "name": "ViT-L-14", "image_px": 518}
encoder_files.save(Path("models/clip"), encoder_files.create(spec), spec)
"""

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(7200)]


def photograph(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Grey noise with a dark line across, and where the line is."""
    noise = np.random.default_rng(number).integers(120, 180, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    line = np.zeros((SIDE_PX, SIDE_PX), bool)
    line[90 * number + 40 : 90 * number + 46] = True
    noise[line] = 30
    return noise, line


def write_tables(folder: Path) -> None:
    """Four photographs with their ground truth."""
    rows, labels = [], []
    for number in range(4):
        name, (pixels, line) = f"drawn/{number}", photograph(number)
        row = dict.fromkeys(schemas.PHOTOS.columns.names)
        row |= {"photo_id": name, "source": "drawn", "split": "train", "group_id": name, "label": 1}
        row |= {"height_px": SIDE_PX, "width_px": SIDE_PX}
        rows.append(row | {"image": images.encode_jpeg(pixels, quality=92), "mask": images.encode_mask(line)})
        mask = images.encode_grey(line.astype(np.uint8) * np.uint8(255))
        label = {"photo_id": name, "method": "truth", "mask": mask, "binarise": 0.5}
        labels.append(label | {"crack_px": int(line.sum())})
    parquet.write_shards(folder / "data/photos", schemas.PHOTOS, iter(rows))
    parquet.write_shards(folder / "data/pseudo_labels/truth", schemas.PSEUDO_LABELS, iter(labels))


def write_params(folder: Path) -> None:
    """The project's own, at CrackCLIP's size."""
    yaml = YAML()
    settings = yaml.load(ROOT / "params.yaml")
    settings["runtime"].update(device="cpu", threads=2, workers=1)
    settings["train_segmenter"]["text_adapters"].update(epochs=1, batch=4)
    settings["embed_windows"].update(side_px=SIDE_PX, fit="resize", views=1)
    settings["segment"].update(splits=["train"], side_px=SIDE_PX, tile_px=1024, flips=1, scales=[1.0])
    yaml.dump(settings, folder / "params.yaml")


def run(folder: Path, *command: str) -> str:
    """Run Python in ``folder`` on the project's code; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def peak_mib(folder: Path, *stage: str) -> float:
    """Peak memory of a stage in a process of its own."""
    return float(json.loads(run(folder, "-m", "benchmarks.peak", *stage))["peak_mib"])


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:  # not pytest's, which keeps gigabytes
        folder = Path(place)
        write_tables(folder)
        write_params(folder)
        (folder / "models/classifier").mkdir(parents=True)
        run(folder, "-m", "pipeline.code")
        run(folder, "-c", SAVE)
        yield folder


def test_encoding_windows_training_adapters_and_segmenting_stay_within_six_gibibytes(project: Path) -> None:
    encoding = peak_mib(project, "pipeline.embed_windows")
    training = peak_mib(project, "pipeline.train_adapters", "truth")
    segmenting = peak_mib(project, "pipeline.segment", "text_adapters", "truth")
    print(f"peak {encoding:.0f} MiB in encoding, {training:.0f} MiB in training, {segmenting:.0f} MiB in segmenting")
    assert encoding <= PEAK_MIB
    assert training <= PEAK_MIB
    assert segmenting <= PEAK_MIB
    masks = list(parquet.scan(project / "data/masks/text_adapters-truth", schemas.MASKS))
    assert [row["photo_id"] for row in masks] == [f"drawn/{number}" for number in range(4)]
    assert all(images.decode_grey(row["mask"]).shape == (SIDE_PX, SIDE_PX) for row in masks)
