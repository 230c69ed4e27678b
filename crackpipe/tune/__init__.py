"""Searches of settings on validation data."""
