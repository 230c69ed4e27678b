"""Models that come with the package: trained, with all that they need, in ``crackpipe/pretrained``."""

from pathlib import Path

from crackpipe.models import cards

FOLDER = Path(__file__).parent.parent / "pretrained"
# What commands take where no other is named: `inspect`; `few-shot`, `classify` and `search`; and `load_classifier`.
SEGMENTER, ENCODER, CLASSIFIER = "unet-crack500", "encoder-crack500", "classifier-crack500"


def names(*, kind: str | None = None) -> list[str]:
    """Names of the shipped models, sorted.

    Args:
        kind: of models (segmenter, classifier, clip); ``None`` lists all.
    """
    found = sorted(card.parent for card in FOLDER.glob(f"*/{cards.FILE}"))
    return [folder.name for folder in found if kind is None or cards.kind(folder) == kind]


def folder(name: str) -> Path | None:
    """Folder of a shipped model; ``None`` where none has that name."""
    return FOLDER / name if name in names() else None
