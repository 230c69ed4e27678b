"""Pixel pseudo-labels of every photograph, by one method: `python -m pipeline.pseudo_label soft_location`.

Reads data/photos, data/localisation_maps and data/patches (labels of training patches); writes
data/pseudo_labels/<method>. Costs: image processing of each photograph in a pool; memory of a few dozen photographs.
"""

from collections.abc import Iterator
from pathlib import Path

from crackpipe import console
from crackpipe.compute import memory
from crackpipe.files import parquet, schemas
from crackpipe.params import labels
from crackpipe.params.loading import load
from crackpipe.pseudo import labelling, patch_labels, stream

PHOTOS, LOCALISATION_MAPS = Path("data/photos"), Path("data/localisation_maps")
PATCHES = Path("data/patches/patches.parquet")


def main() -> None:
    params = load()
    (name,) = console.arguments({"method": labels.methods()})
    memory.give_back()
    settings, workers = getattr(params.pseudo_label, name), params.runtime.workers

    def rows() -> Iterator[parquet.Row]:
        if name == "truth":
            return stream.truth_rows(PHOTOS, binarise=settings.binarise)
        weak_labels = getattr(settings, "patch_labels", False)
        crack_free = patch_labels.crack_free_patches(PATCHES) if weak_labels else {}
        items = stream.items(
            PHOTOS, LOCALISATION_MAPS, crack_free_patches=crack_free, workers=workers, what=f"pseudo-label ({name})"
        )
        labelled = labelling.label(items, labelling.create_method(name, settings.model_dump()), workers=workers)
        return stream.label_rows(labelled, method=name, binarise=settings.binarise)

    parquet.write_shards(Path(f"data/pseudo_labels/{name}"), schemas.PSEUDO_LABELS, rows())


if __name__ == "__main__":
    console.run(main)
