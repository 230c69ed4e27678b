"""Tune the encoder on a share of the captions: `python -m pipeline.scale_captions 0.1`.

Reads data/photos and models/clip_base; writes data/caption_scaling/<share>.parquet: best epoch, its validation loss,
and which photographs and captions of val and test are found among the first 10. On captions alone, without the patches
that align_clip goes on to see. Costs: one run of the image tower over the photographs, then epochs of what is trained.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.clip import embedding
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.training import caption_scaling, freezing, pairing, tuning
from crackpipe.compute import seeds
from crackpipe.errors import CrackpipeError
from crackpipe.files import fingerprint, parquet, schemas
from crackpipe.models import checkpoints
from crackpipe.params.project import Project

PHOTOS, BASE, ROWS = Path("data/photos"), Path("models/clip_base"), Path("data/caption_scaling")
CODE, SPLITS = Path("data/code/scale_captions"), ("train", "val", "test")


def main() -> None:
    (name,) = console.arguments({"share": None})
    project = Project.open()
    params, align = project.params, project.params.align_clip
    share = caption_scaling.parse_share(name)
    if not align.epochs:
        raise CrackpipeError("align_clip.epochs is 0, so no share is tuned on; leave scale_captions.shares empty")
    runtime = project.start_runtime(keep_memory=True)
    seeds.seed_everything(align.seed)
    encoder = encoder_files.load(BASE, runtime)
    side_px = embedding.square_px(encoder, side_px=params.embed.side_px, key="embed.side_px")
    draws: dict[str, int] = {"views": align.views, "workers": params.runtime.workers, "seed": align.seed}
    pairs = pairing.of_photographs(PHOTOS, splits=SPLITS, share=share, side_px=side_px, fit=params.embed.fit, **draws)
    if "train" not in pairs:
        console.say(f"scale_captions ({name}): fewer than 2 training photographs have a caption, nothing is tuned")
        parquet.write(ROWS / f"{name}.parquet", schemas.CAPTION_SCALING, [])
        return
    trained = freezing.thaw(encoder, freeze=align.freeze, train_blocks=align.train_blocks)
    pairs = {split: pairing.cache_frozen_features(each, encoder, runtime) for split, each in pairs.items()}
    sections = params.model_dump(include={"align_clip", "embed", "runtime"})
    digest = fingerprint.of([name, sections], [CODE, PHOTOS, BASE])
    with checkpoints.opened(f"scale_captions-{name}", digest) as checkpoint:
        history = tuning.fit(
            encoder,
            [pairs["train"]],
            validation=pairs.get("val"),
            trained=trained,
            settings=tuning.TuningSettings(**align.model_dump(include=tuning.SETTINGS)),
            runtime=runtime,
            checkpoint=checkpoint,
        )
    rows = caption_scaling.rows(encoder, pairs, history, share=share, chunk=align.chunk, runtime=runtime)
    parquet.write(ROWS / f"{name}.parquet", schemas.CAPTION_SCALING, rows)


if __name__ == "__main__":
    console.run(main)
