"""Pictures as arrays: decoding, filters, darkness, grids of patches, overlays, drawn strokes."""
