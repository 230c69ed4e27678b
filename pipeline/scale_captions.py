"""Tune the encoder on a share of the captions: `python -m pipeline.scale_captions 0.1`.

Reads data/photos and models/clip_base; writes data/caption_scaling/<share>.json: best epoch, its validation loss, and
R@10 both ways of val and test. On captions alone, without the patches that align_clip goes on to see. Costs: one run
of the image tower over the photographs, then epochs of what is trained.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.clip import embedding
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.training import caption_scaling, freezing, pairing, tuning
from crackpipe.compute import seeds
from crackpipe.errors import CrackpipeError
from crackpipe.files import fingerprint, metrics
from crackpipe.models import checkpoints
from crackpipe.params.project import Project

PHOTOS, BASE, ROWS = Path("data/photos"), Path("models/clip_base"), Path("data/caption_scaling")
CODE = Path("data/code/scale_captions")


def main() -> None:
    (name,) = console.arguments({"share": None})
    project = Project.open()
    p = project.params
    q, share = p.align_clip, caption_scaling.parse_share(name)
    if not q.epochs:
        raise CrackpipeError("align_clip.epochs is 0, so no share is tuned on; leave scale_captions.shares empty")
    runtime = project.start_runtime(keep_memory=True)
    seeds.seed_everything(q.seed)
    model = encoder_files.load(BASE, runtime)
    side_px = embedding.square_px(model, side_px=p.embed.side_px, key="embed.side_px")
    size = {"side_px": side_px, "views": q.views, "workers": p.runtime.workers, "seed": q.seed}
    pairs = pairing.of_photographs(PHOTOS, splits=("train", "val", "test"), share=share, **size)
    if "train" not in pairs:
        console.say(f"scale_captions ({name}): fewer than 2 training photographs have a caption, nothing is tuned")
        metrics.write_json(ROWS / f"{name}.json", {"share": share, "n": 0})
        return
    trained = freezing.thaw(model, freeze=q.freeze, train_blocks=q.train_blocks)
    pairs = {split: pairing.encoded(each, model, runtime) for split, each in pairs.items()}
    settings = {"runtime": runtime, "trained": trained, "epochs": q.epochs, **q.model_dump(include=tuning.SETTINGS)}
    digest = fingerprint.of([name, p.model_dump(include={"align_clip", "embed", "runtime"})], [CODE, PHOTOS, BASE])
    with checkpoints.opened(f"scale_captions-{name}", digest) as checkpoint:
        chosen, held_out = [pairs["train"]], pairs.get("val")
        history = tuning.fit(model, chosen, validation=held_out, checkpoint=checkpoint, **settings)
    row = caption_scaling.row(model, pairs, history, share=share, chunk=q.chunk, runtime=runtime)
    metrics.write_json(ROWS / f"{name}.json", row)


if __name__ == "__main__":
    console.run(main)
