from . import arrow, atomic, fingerprint, metrics, parquet, schemas

__all__ = ["arrow", "atomic", "fingerprint", "metrics", "parquet", "schemas"]
