"""Contrastive training of an encoder on patches with prompts and photographs with captions."""
