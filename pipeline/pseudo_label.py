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
from crackpipe.pseudo import baselines, cam, labelling, patch_map
from crackpipe.pseudo.scoring import LabelScores

PHOTOS, LABELS = Path("data/photos"), Path("data/pseudo_labels")
COLUMNS = ["photo_id", "source", "split", "image", "mask"]


def main() -> None:
    p = params.load()
    q = p.pseudo_label
    machine = runtime.start(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    model = classifier.load(Path("models/classifier"), machine)
    find = [
        partial(
            cam.activation_maps,
            model=model,
            machine=machine,
            upsample=q.cam_location.patch_map.upsample,
            batch_px=q.batch_px,
            **q.cam.model_dump(),
        )
    ]
    settings = q.cam_crf.model_dump() if q.method == "cam_crf" else {}
    if q.method == "cam_location":
        find.append(
            partial(
                patch_map.patch_maps,
                model=model,
                machine=machine,
                batch_px=q.batch_px,
                **q.cam_location.patch_map.model_dump(),
            )
        )
        settings = q.cam_location.model_dump(exclude={"patch_map"})
    scores = LabelScores(method=q.method, tolerance_px=p.evaluate.tolerance_px, keep_px=q.keep_px)

    def rows() -> Iterator[dict[str, Any]]:
        photos = tables.scan(PHOTOS, tables.PHOTOS, columns=COLUMNS)
        bar = progress.bar(
            photos, what=f"pseudo-label ({q.method})", total=tables.count(PHOTOS, tables.PHOTOS), unit="photos"
        )
        decoded = progress.prefetch(
            lambda row: (row, images.decode_rgb(row["image"])), bar, workers=p.runtime.workers, ahead=32
        )
        for (row, image), levels in labelling.label(
            (((row, image), image) for row, image in decoded),
            find=find,
            combine=labelling.combiner(q.method, settings),
            workers=p.runtime.workers,
            processes=q.method == "cam_crf",
        ):
            crack_px = int((levels >= round(q.binarise * 255)).sum())
            scores.add(row, levels=levels, crack_px=crack_px, baselines=baselines.all_of(image))
            yield {
                "photo_id": row["photo_id"],
                "method": q.method,
                "mask": images.encode_grey(levels),
                "crack_px": crack_px,
            }

    tables.write_shards(LABELS, tables.PSEUDO_LABELS, rows())
    reports.write_json(Path("metrics/pseudo_labels.json"), scores.tree())


if __name__ == "__main__":
    stage.run(main)
