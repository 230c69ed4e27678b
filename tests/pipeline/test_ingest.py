"""The stage, end to end on a tiny folder."""

import json
from pathlib import Path

import numpy as np
import stages
from ruamel.yaml import YAML

from crackpipe.files import parquet, schemas
from crackpipe.imaging import images

ROOT = Path(__file__).parents[2]


def prepare(folder: Path, *, split: str) -> None:
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["ingest"] |= {"sources": [{"name": "folder", "split": split, "limit": None}], "raw": "raw"}
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    rng = np.random.default_rng(0)
    mask = np.zeros((16, 24), bool)
    mask[8, 2:20] = True
    for kind in ("images", "masks"):
        (folder / "raw/folder" / kind).mkdir(parents=True)
    for index in range(5):
        picture = rng.integers(0, 256, (16, 24, 3), dtype=np.uint8)
        (folder / f"raw/folder/images/{index}.jpg").write_bytes(images.encode_jpeg(picture, quality=95))
        (folder / f"raw/folder/masks/{index}.png").write_bytes(images.encode_mask(mask))
    (folder / "raw/folder/images/empty.jpg").write_bytes(b"")


def outputs(folder: Path) -> dict[str, bytes]:
    found = [path for name in ("data", "metrics") for path in sorted((folder / name).rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_folder_becomes_shards_rejects_and_metrics_twice_the_same(tmp_path: Path) -> None:
    prepare(tmp_path, split="3:1:1")
    first = stages.finished(tmp_path, "ingest")
    written = outputs(tmp_path)
    tables = ["data/photos/part-0000.parquet", "data/photos_rejected.parquet", "data/photos_warned.parquet"]
    assert sorted(written) == ["data/ingest.json", *tables]
    table = parquet.read(tmp_path / "data/photos", schemas.PHOTOS).to_pylist()
    assert [row["photo_id"] for row in table] == [f"folder/{index}" for index in range(5)]
    assert {row["split"] for row in table} == {"train", "val", "test"}
    assert parquet.read(tmp_path / "data/photos_rejected.parquet", schemas.PHOTOS_REJECTED).to_pylist() == [
        {"source": "folder", "path": "raw/folder/images/empty.jpg", "reason": "the file is empty (0 bytes)"}
    ]
    metrics = json.loads(written["data/ingest.json"])["folder"]
    assert sum(cell["photos"] for cell in metrics.values()) == 5
    assert sum(cell["masks"] for cell in metrics.values()) == 5
    assert sum(cell["rejected"] for cell in metrics.values()) == 1
    assert first.stdout.splitlines() == [
        f"folder {split}: {cell['photos']} photographs, {cell['masks']} with masks, {cell['rejected']} rejected"
        for split, cell in metrics.items()
    ]
    stages.finished(tmp_path, "ingest")
    assert outputs(tmp_path) == written


def test_a_run_without_training_photographs_says_so_without_a_traceback(tmp_path: Path) -> None:
    prepare(tmp_path, split="test")
    ended = stages.run(tmp_path, "ingest")
    assert ended.status == 1
    assert "error: no photograph is in train (there are: test 5), expected at least one" in ended.stderr
    assert "data/photos_rejected.parquet" in outputs(tmp_path)
