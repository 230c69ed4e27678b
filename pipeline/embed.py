"""Embed every photograph and caption with one encoder: `python -m pipeline.embed tuned`.

Reads data/photos and models/clip_base or models/clip; writes data/embeddings/<model>, one memory-mapped Arrow file.
Costs: one decoding of each photograph and one run of the encoder on it; memory of a few batches.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.clip import embedding
from crackpipe.clip.encoders import encoder_files
from crackpipe.files import fingerprint
from crackpipe.params.project import Project

PHOTOS = Path("data/photos")
ENCODERS = {"base": Path("models/clip_base"), "tuned": Path("models/clip")}  # before and after fine-tuning


def main() -> None:
    (name,) = console.arguments({"model": list(ENCODERS)})
    project = Project.open()
    embed = project.params.embed
    runtime = project.start_runtime(keep_memory=True)
    encoder = encoder_files.load(ENCODERS[name], runtime)
    side_px = embedding.square_px(encoder, side_px=embed.side_px, key="embed.side_px")
    settings = embedding.EmbeddingSettings(side_px, embed.batch, project.params.runtime.workers, embed.fit)
    digest = fingerprint.of(None, [ENCODERS[name]])
    folder = Path(f"data/embeddings/{name}")
    listed = embedding.write(folder, PHOTOS, encoder, runtime, settings=settings, fingerprint=digest)
    counts = listed["kind"].value_counts()
    console.say(f"embed ({name}): {counts['image']} photographs, {counts.get('text', 0)} captions")


if __name__ == "__main__":
    console.run(main)
