"""Few labels: subsets T0 to T5, heads on embeddings, sweeps over both (Crack-CLIP)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
