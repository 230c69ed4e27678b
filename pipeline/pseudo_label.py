"""Patch classifier to pixel pseudo-labels of every photograph, scored where ground truth exists.

Reads data/photos and models/classifier; writes data/pseudo_labels and metrics/pseudo_labels.json.
Costs: one classifier run on overlapping patches and one on the whole of each photograph; memory of 16 photographs.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from crackpipe import images, params, progress, reports, runtime, stage, tables
from crackpipe.classify import classifier
from crackpipe.pseudo import cam, labelling, patch_map
from crackpipe.pseudo.scoring import LabelScores

PHOTOS, LABELS = Path("data/photos"), Path("data/pseudo_labels")
COLUMNS = ["photo_id", "source", "split", "image", "mask"]


def main() -> None:
    p = params.load()
    q, own = p.pseudo_label, getattr(p.pseudo_label, p.pseudo_label.method)
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    model = classifier.load(Path("models/classifier"), machine)
    shared: dict[str, Any] = {"model": model, "machine": machine, "batch_px": q.batch_px}
    find = [partial(cam.activation_maps, **shared, **q.cam.model_dump())]
    if q.method == "cam_location":
        find.append(partial(patch_map.patch_maps, **shared, **own.patch_map.model_dump()))
    settings = own.model_dump(exclude={"patch_map"}) if q.method != "cam" else {}
    combine = labelling.combiner(q.method, settings)
    scores = LabelScores(method=q.method, tolerance_px=p.evaluate.tolerance_px, keep_px=q.keep_px)

    def rows() -> Iterator[tables.Row]:
        photos = tables.scan(PHOTOS, tables.PHOTOS, columns=COLUMNS)
        total = tables.count(PHOTOS, tables.PHOTOS)
        bar = progress.bar(photos, what=f"pseudo-label ({q.method})", total=total, unit="photos")
        decoded = progress.prefetch(
            lambda row: (row, images.decode_rgb(row["image"])),
            bar,
            workers=p.runtime.workers,
            ahead=2 * labelling.CHUNK,
        )
        labelled = labelling.label(
            decoded, find=find, combine=combine, workers=p.runtime.workers, processes=q.method == "cam_crf"
        )
        for row, image, levels in labelled:
            crack_px = int(images.at_least(levels, q.binarise).sum())
            scores.add(row, image=image, levels=levels, crack_px=crack_px)
            mask = images.encode_grey(levels)
            yield {"photo_id": row["photo_id"], "method": q.method, "mask": mask, "crack_px": crack_px}

    tables.write_shards(LABELS, tables.PSEUDO_LABELS, rows())
    reports.write_json(Path("metrics/pseudo_labels.json"), scores.tree())


if __name__ == "__main__":
    stage.run(main)
