"""Segmenters: training windows, text-guided adapters, pixel networks, tiled inference."""
