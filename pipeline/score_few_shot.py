"""Score all few-shot heads: means and spreads over seeds, intervals of differences, curves.

Reads data/few_shot_patches and data/few_shot/<head>.parquet; writes metrics/few_shot.json and, for plots,
metrics/few_shot_f1.json, few_shot_risk.json and few_shot_loss.json. Costs: seconds.
"""

from pathlib import Path

from crackpipe import console, params
from crackpipe.few_shot import dataset, score_table
from crackpipe.files import metrics
from crackpipe.report import few_shot

PATCHES, TABLES, METRICS = Path("data/few_shot_patches"), Path("data/few_shot"), Path("metrics")


def main() -> None:
    settings = params.load().few_shot
    tables = score_table.read(TABLES, heads=settings.heads)
    data = dataset.load(PATCHES) if settings.heads else None
    tree: few_shot.Tree = {}
    if data:
        resamples, seed = settings.bootstrap, settings.seed
        tree = few_shot.scores(data, tables, reference=settings.reference, resamples=resamples, seed=seed)
    metrics.write_json(METRICS / "few_shot.json", tree)
    metrics.write_json(METRICS / "few_shot_f1.json", few_shot.f1_rows(tree))
    metrics.write_json(METRICS / "few_shot_risk.json", few_shot.risk_rows(data, tables) if data else [])
    metrics.write_json(METRICS / "few_shot_loss.json", few_shot.loss_rows(tables))


if __name__ == "__main__":
    console.run(main)
