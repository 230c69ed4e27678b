"""Tasks on embeddings: nearest neighbours, linear probes, votes."""
