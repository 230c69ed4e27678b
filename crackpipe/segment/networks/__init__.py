"""Pixel networks: U-Net, both DeepCracks, OED, and their training."""
