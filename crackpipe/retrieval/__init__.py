"""What embeddings are good for: nearest neighbours, linear probes, votes."""
