"""Pixel pseudo-labels of every photograph, by one method: `python -m pipeline.pseudo_label soft_location`.

Reads data/photos, data/localisation_maps and data/patches (labels of training patches); writes
data/pseudo_labels/<method>. Costs: image processing of each photograph in a pool; memory of a few dozen photographs.
"""

from collections.abc import Iterator
from pathlib import Path

from crackpipe import console, params
from crackpipe.compute import memory
from crackpipe.files import parquet, schemas
from crackpipe.pseudo import labelling, patch_labels, stream

PHOTOS, LOCALISATION_MAPS = Path("data/photos"), Path("data/localisation_maps")
PATCHES = Path("data/patches/patches.parquet")


def main() -> None:
    (name,) = console.arguments({"method": params.LABEL_METHODS})
    p = params.load()
    memory.give_back()
    own, workers = getattr(p.pseudo_label, name), p.runtime.workers
    settings = own.model_dump()

    def rows() -> Iterator[parquet.Row]:
        if name == "truth":
            return stream.truth(PHOTOS, binarise=own.binarise)
        none = patch_labels.without_crack(PATCHES) if settings.get("patch_labels") else {}
        items = stream.items(PHOTOS, LOCALISATION_MAPS, none=none, workers=workers, what=f"pseudo-label ({name})")
        made = labelling.label(items, labelling.method(name, settings), workers=workers)
        return stream.labels(made, method=name, binarise=own.binarise)

    parquet.write_shards(Path(f"data/pseudo_labels/{name}"), schemas.PSEUDO_LABELS, rows())


if __name__ == "__main__":
    console.run(main)
