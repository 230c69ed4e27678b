"""Runs on real data, and the papers' tables with our rows under them."""
