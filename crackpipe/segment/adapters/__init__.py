"""Text-guided segmentation: linear adapters on the tokens of a frozen encoder (CrackCLIP)."""
