"""Tune the encoder on a share of the captions: `python -m pipeline.scale_captions 0.1`.

Reads data/photos and models/clip_base; writes data/caption_scaling/<share>.json: best epoch, its validation loss, and
R@10 both ways of val and test. On captions alone, without the patches that align_clip goes on to see. Costs: one run
of the image tower over the photographs, then epochs of what is trained.
"""

from pathlib import Path

from crackpipe import checkpoints, params, reports, runtime, stage
from crackpipe.clip import embedding, encoder, pairing, parts, scaling, tuning
from crackpipe.errors import CrackpipeError

PHOTOS, BASE, ROWS = Path("data/photos"), Path("models/clip_base"), Path("data/caption_scaling")
CODE = Path("data/code/scale_captions")


def main() -> None:
    (name,) = stage.arguments({"share": None})
    p = params.load()
    q, share = p.align_clip, scaling.parse_share(name)
    if not q.epochs:
        raise CrackpipeError("align_clip.epochs is 0, so no share is tuned on; leave scale_captions.shares empty")
    machine = runtime.start(
        device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads, keep_memory=True
    )
    runtime.seed_everything(q.seed)
    model = encoder.load(BASE, machine)
    side_px = embedding.square_px(model, side_px=p.embed.side_px, key="embed.side_px")
    size = {"side_px": side_px, "views": q.views, "workers": p.runtime.workers, "seed": q.seed}
    pairs = pairing.of_photographs(PHOTOS, splits=("train", "val", "test"), share=share, **size)
    if "train" not in pairs:
        stage.say(f"scale_captions ({name}): fewer than 2 training photographs have a caption, nothing is tuned")
        reports.write_json(ROWS / f"{name}.json", {"share": share, "n": 0})
        return
    trained = parts.thaw(model, freeze=q.freeze, train_blocks=q.train_blocks)
    pairs = {split: pairing.encoded(each, model, machine) for split, each in pairs.items()}
    settings = {"machine": machine, "trained": trained, "epochs": q.epochs, **q.model_dump(include=tuning.SETTINGS)}
    digest = checkpoints.fingerprint(
        [name, p.model_dump(include={"align_clip", "embed", "runtime"})], [CODE, PHOTOS, BASE]
    )
    with checkpoints.opened(f"scale_captions-{name}", digest) as checkpoint:
        chosen, held_out = [pairs["train"]], pairs.get("val")
        history = tuning.fit(model, chosen, validation=held_out, checkpoint=checkpoint, **settings)
    row = scaling.row(model, pairs, history, share=share, chunk=q.chunk, machine=machine)
    reports.write_json(ROWS / f"{name}.json", row)


if __name__ == "__main__":
    stage.run(main)
