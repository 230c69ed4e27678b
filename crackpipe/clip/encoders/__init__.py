"""Image-text encoders: open_clip's, and a small one on the pipeline's own trunk."""
