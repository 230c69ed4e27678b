from . import published_tables, record, report, run, side_by_side
from .record import Run

__all__ = ["Run", "published_tables", "record", "report", "run", "side_by_side"]
