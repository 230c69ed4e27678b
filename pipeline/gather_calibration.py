"""Put the cells of all losses side by side.

Reads data/calibration/<loss>-<backbone>-<train_on>-<seed>.parquet; writes metrics/calibration.json (means over seeds,
differences to cross-entropy with 95 % intervals), and metrics/reliability.json and metrics/attack_steps.json, rows for
plots. Costs: the fit of three calibrators to each cell.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load
from crackpipe.report import calibration

CELLS, METRICS = Path("data/calibration"), Path("metrics")


def main() -> None:
    cells = calibration.read(CELLS, expected=load().calibrate.cells())
    metrics.write_json(METRICS / "calibration.json", calibration.summary(cells))
    metrics.write_json(METRICS / "reliability.json", calibration.reliability(cells))
    metrics.write_json(METRICS / "attack_steps.json", calibration.attack_steps(cells))


if __name__ == "__main__":
    console.run(main)
