"""Image-text encoders: prompts, embeddings, contrastive training."""
