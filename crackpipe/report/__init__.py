"""Metrics, pictures and pages of a pipeline run."""
