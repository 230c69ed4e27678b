from . import published_tables, record, report, run
from .record import Run

__all__ = ["Run", "published_tables", "record", "report", "run"]
