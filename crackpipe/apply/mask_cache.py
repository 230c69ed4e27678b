"""Masks of a folder, with a record beside them of what each was made from: which of them still stand.

``masks.json`` holds for each mask the digests of its photograph's bytes and of its maker: the segmenter's files and
settings. A mask that is not in it, or has other digests there, is no longer what the same command would make.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from crackpipe.errors import PhotoError
from crackpipe.files import atomic, fingerprint
from crackpipe.imaging import images
from crackpipe.models import model_files
from crackpipe.segment.networks import catalogue

RECORD = "masks.json"
SUFFIX = ".mask.png"


def maker(model: Path, *, clip: Path, settings: Mapping[str, Any], dtype: str) -> str:
    """Digest of all that decides a mask besides its photograph.

    Args:
        model, clip: folders of the segmenter and of its encoder; that of the encoder counts for a text-guided one only.
        settings: of inference, anything JSON can hold.
        dtype: in which the network runs.

    Raises:
        ModelError: there is no such segmenter.
    """
    pixel_network = catalogue.has(model_files.card(model, kind="segmenter")["architecture"])
    folders = [model] if pixel_network else [model, clip]
    files = [folder / name for folder in folders for name in ("model.json", "model.safetensors")]
    return fingerprint.of({"settings": dict(settings), "dtype": dtype}, files)


class MaskCache:
    """The masks in a folder, as one maker sees them.

    Args:
        folder: of the masks and their record; it need not exist.
        maker: digest of what makes masks now, see :func:`maker`.
    """

    def __init__(self, folder: Path, *, maker: str) -> None:
        self.folder = folder
        self._maker = maker
        self._origins = _origins(folder / RECORD)

    def path(self, name: str) -> Path:
        """Path of the mask of this name, whether or not it is there."""
        return self.folder / f"{name}{SUFFIX}"

    def find(self, name: str, photo: bytes, *, height_px: int, width_px: int) -> UInt8[np.ndarray, "h w"] | None:
        """Read the mask that this maker made from a photograph.

        Args:
            name: of the mask.
            photo: bytes of the photograph's file.
            height_px, width_px: size of the photograph.

        Returns:
            The mask, 0–255; ``None`` where it is missing, damaged, of another size, or made from anything else.
        """
        if self._origins.get(name) != self._origin(photo):
            return None
        try:
            levels = images.decode_grey(self.path(name).read_bytes())
        except (OSError, PhotoError):
            return None
        return levels if levels.shape == (height_px, width_px) else None

    def save(self, name: str, photo: bytes, levels: UInt8[np.ndarray, "h w"]) -> None:
        """Write a mask, and what it was made from; a kill at any moment leaves no mask under another's origin.

        Args:
            name: of the mask; a name such as ``site/wall`` lies in a subfolder.
            photo: bytes of the photograph's file.
            levels: the mask, 0–255.
        """
        if self._origins.pop(name, None) is not None:
            self._write_record()
        atomic.write_bytes(self.path(name), images.encode_grey(levels))
        self._origins[name] = self._origin(photo)
        self._write_record()

    def _origin(self, photo: bytes) -> dict[str, str]:
        return {"maker": self._maker, "photo": hashlib.blake2b(photo, digest_size=16).hexdigest()}

    def _write_record(self) -> None:
        atomic.write_bytes(self.folder / RECORD, json.dumps(self._origins, indent=1, sort_keys=True).encode())


def _origins(record: Path) -> dict[str, Any]:
    """Entries of the record; none where it is missing or damaged, so that its masks are made again."""
    try:
        entries = json.loads(record.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}
