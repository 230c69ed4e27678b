"""Structures of photographs: what resampling draws, as photographs of one structure are alike."""

from pathlib import Path

from crackpipe.files import parquet, schemas


def of(photos: Path) -> dict[str, str]:
    """Structure (``group_id``) of each photograph of the ``photos`` table, by its photo_id."""
    table = parquet.read(photos, schemas.PHOTOS, columns=["photo_id", "group_id"])
    return dict(zip(table["photo_id"].to_pylist(), table["group_id"].to_pylist(), strict=True))
