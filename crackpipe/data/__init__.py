"""From raw photographs to patches: ingest, splits, captions, slices, pixels of patches."""
