"""Score embeddings before and after fine-tuning: neighbours, linear heads, image ↔ text, attribute matches.

Reads data/photos and data/embeddings; writes metrics/bridge.json. Heads learn from the train split, all is scored on
the test split. Costs: logistic regressions of a few minutes at 100 000 photographs; memory of the embeddings.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.project import Project
from crackpipe.report import retrieval


def main() -> None:
    project = Project.open()
    params = project.params
    project.start_runtime(device="cpu", precision="fp32")  # the order of sums is that of the threads
    embeddings: dict[str, Path] = {name: Path("data/embeddings") / name for name in params.embed.models}
    tree = retrieval.score(Path("data/photos"), embeddings, **params.retrieve.model_dump())
    metrics.write_json(Path("metrics/bridge.json"), tree)
    for model, scores in tree.items():
        for name, reason in scores["absent"].items():
            console.say(f"retrieve ({model}): no {name}, because {reason}")


if __name__ == "__main__":
    console.run(main)
