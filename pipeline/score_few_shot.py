"""Score what all heads have said: means and spreads over seeds, intervals of differences, curves.

Reads data/few_shot_patches and data/few_shot/<head>.parquet; writes metrics/few_shot.json and, for plots,
metrics/few_shot_f1.json, few_shot_risk.json and few_shot_loss.json. Costs: seconds.
"""

from pathlib import Path

from crackpipe import console, params
from crackpipe.few_shot import dataset, sweep
from crackpipe.files import metrics
from crackpipe.report import few_shot

PATCHES, CELLS, METRICS = Path("data/few_shot_patches"), Path("data/few_shot"), Path("metrics")


def main() -> None:
    q = params.load().few_shot
    cells = sweep.read(CELLS, heads=q.heads)
    parts = dataset.load(PATCHES) if q.heads else None
    tree = few_shot.scores(parts, cells, reference=q.reference, resamples=q.bootstrap, seed=q.seed) if parts else {}
    metrics.write_json(METRICS / "few_shot.json", tree)
    metrics.write_json(METRICS / "few_shot_f1.json", few_shot.f1_rows(tree))
    metrics.write_json(METRICS / "few_shot_risk.json", few_shot.risk_rows(parts, cells) if parts else [])
    metrics.write_json(METRICS / "few_shot_loss.json", few_shot.loss_rows(cells))


if __name__ == "__main__":
    console.run(main)
