"""Localisation maps of a patch classifier, the pseudo-label methods on them, self-training."""
