"""Losses of the patch classifier by name: each a function of (features, logits, targets, step)."""
