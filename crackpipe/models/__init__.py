"""Trained models on disk, backbones, checkpoints, normalisation of their inputs."""
