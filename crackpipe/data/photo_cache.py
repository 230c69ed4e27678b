"""Decoded photographs on disk, for random access: patches and windows are cut from it without decoding again."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import UInt8

from crackpipe.data import decoded


class PhotoCache(Mapping[str, np.ndarray]):
    """Pixels of some photographs in one memory-mapped temporary file; memory is the system's page cache.

    Use as a context manager: the file goes with it.
    """

    def __init__(
        self, photos: Path, *, wanted: Iterable[str], workers: int, folder: Path = Path(".checkpoints")
    ) -> None:
        """Decode photographs into a temporary file.

        Args:
            photos: the ``photos`` table.
            wanted: photo_ids to take.
            workers: threads that decode.
            folder: takes the temporary file; it is made where it is missing.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder, prefix="photos-")  # noqa: SIM115 - closed by __exit__
        self._index: dict[str, tuple[int, tuple[int, int]]] = {}
        offset = 0
        for photo_id, pixels in decoded.photographs(photos, wanted=set(wanted), workers=workers, what="decode"):
            self._file.write(pixels.tobytes())
            self._index[photo_id] = (offset, pixels.shape[:2])
            offset += pixels.nbytes
        self._file.flush()
        self._pixels = np.memmap(self._file, np.uint8, mode="r") if offset else np.empty(0, np.uint8)

    def __getitem__(self, photo_id: str) -> UInt8[np.ndarray, "h w 3"]:
        """RGB pixels of a photograph, read only."""
        offset, (height, width) = self._index[photo_id]
        return self._pixels[offset : offset + height * width * 3].reshape(height, width, 3)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __enter__(self) -> "PhotoCache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pixels = np.empty(0, np.uint8)
        self._file.close()
