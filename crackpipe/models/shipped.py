"""Models that come with the package: trained, with all that they need, in ``crackpipe/pretrained``."""

from pathlib import Path

from crackpipe.models import cards

FOLDER = Path(__file__).parent.parent / "pretrained"
SEGMENTER = "unet-crack500"  # what `crackpipe inspect` takes where no other is named


def names() -> list[str]:
    """Names of the shipped models, sorted."""
    return sorted(card.parent.name for card in FOLDER.glob(f"*/{cards.FILE}"))


def folder(name: str) -> Path | None:
    """Folder of a shipped model; ``None`` where none has that name."""
    return FOLDER / name if name in names() else None
