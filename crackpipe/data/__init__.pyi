from . import captions, datasets, decoded, demo, ingest, inspection, slices, splits
from .photo import RawPhoto

__all__ = ["RawPhoto", "captions", "datasets", "decoded", "demo", "ingest", "inspection", "slices", "splits"]
