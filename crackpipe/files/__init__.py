"""Files: Parquet and Arrow tables and their schemas, metrics JSON, fingerprints, atomic writes."""
