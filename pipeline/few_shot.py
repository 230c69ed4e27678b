"""One head on all subsets T0, T1 … and seeds: `python -m pipeline.few_shot bayesian`.

Reads data/few_shot_patches; writes data/few_shot/<head>.parquet, its scores of each test patch. Costs: seconds; one
process runs all subsets and seeds, because imports would take longer than most of them.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.few_shot import dataset, heads, score_table, sweep
from crackpipe.params.project import Project

PATCHES = Path("data/few_shot_patches")


def main() -> None:
    project = Project.open()
    (head,) = console.arguments({"head": heads.names()})
    few_shot = project.params.few_shot
    project.start_runtime(device="cpu", precision="fp32")  # the order of sums is that of the threads
    rows = sweep.run(
        head,
        dataset.load(PATCHES),
        settings=dict(getattr(few_shot, head)),
        shares=few_shot.subsets,
        seeds=few_shot.seeds,
        seed=few_shot.seed,
    )
    score_table.write(Path(f"data/few_shot/{head}.parquet"), rows)


if __name__ == "__main__":
    console.run(main)
