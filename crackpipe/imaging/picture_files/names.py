"""What a file's name tells of it: a picture, a picture of a kind that cannot be read, or none."""

from pathlib import Path

from crackpipe.imaging.picture_files import camera_raw

READ = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".heic", ".heif"}
    | {".hif", ".avif", ".gif", ".jp2", ".j2k"}
)
"""Suffixes, in lower case, of pictures that can be read."""

RAW = frozenset(
    {".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".raf", ".rw2", ".orf", ".pef", ".srw"}
    | {".3fr", ".iiq", ".x3f", ".erf", ".kdc", ".mrw", ".rwl", ".gpr"}
)
"""Suffixes of camera RAW, read where rawpy is installed."""

_EDITED = frozenset({".psd", ".psb", ".xcf", ".kra", ".afphoto", ".ai", ".eps", ".svg", ".exr", ".hdr", ".jxl"})
_FILMS = frozenset({".mp4", ".mov", ".avi", ".mkv", ".m4v", ".mts", ".m2ts", ".wmv", ".mpg", ".mpeg", ".3gp", ".webm"})
_CLUTTER = frozenset(
    {
        "thumbs.db",
        "desktop.ini",
        "@eadir",
        "#recycle",
        "@recycle",
        "$recycle.bin",
        "__macosx",
        "system volume information",
    }
)


def is_clutter(name: str) -> bool:
    """Tell whether a file or folder is hidden, or left by a file manager: `._a.jpg`, `.thumbnails`, `@eaDir`."""
    return name.startswith(".") or name.lower() in _CLUTTER


def may_be_picture(path: Path) -> bool:
    """Tell whether a file's suffix is one of pictures or films, whether or not they can be read."""
    return path.suffix.lower() in READ | RAW | _EDITED | _FILMS


def unreadable(path: Path) -> str:
    """Reason for which a file with this suffix cannot be read as a picture; empty where it may be."""
    suffix = path.suffix.lower()
    if suffix in RAW and not camera_raw.installed():
        return f"camera RAW ({suffix}), which needs rawpy; {camera_raw.MEND}"
    if suffix in _EDITED:
        return f"{suffix} cannot be read; export the picture as JPEG, PNG or TIFF"
    if suffix in _FILMS:
        return f"{suffix} is a film; save pictures of it as JPEG, PNG or TIFF"
    return ""
