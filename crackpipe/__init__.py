"""Crack masks, calibrated decisions and measurements from photographs with patch labels only."""
