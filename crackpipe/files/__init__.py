"""Files: Parquet and Arrow tables and their schemas, metrics JSON, fingerprints, atomic writes, templates of pages."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
