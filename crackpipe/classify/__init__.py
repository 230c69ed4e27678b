"""Patch classifiers: training, losses, calibration."""
