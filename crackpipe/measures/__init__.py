"""Arrays to numbers: segmentation, classification, calibration, retrieval, uncertainty."""
