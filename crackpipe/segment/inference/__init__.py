"""Masks of whole photographs: tiles, scales, symmetries, darkness."""
