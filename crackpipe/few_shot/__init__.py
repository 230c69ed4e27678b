"""Few labels: subsets T0 to T5, heads on embeddings, sweeps over both (Crack-CLIP)."""
