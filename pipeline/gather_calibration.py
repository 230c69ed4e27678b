"""Put the cells of all losses side by side.

Reads data/calibration/<backbone>/<loss>-<backbone>-<train_on>-<seed>.parquet and data/photos (structures); writes
metrics/calibration.json (means over seeds, differences to cross-entropy with 95 % intervals), and
metrics/reliability.json and metrics/attack_steps.json, rows for plots.
Costs: three calibrators fitted to each cell.
"""

from pathlib import Path

from crackpipe import console
from crackpipe.files import metrics
from crackpipe.params.loading import load
from crackpipe.report import calibration, structures

CELLS, PHOTOS, METRICS = Path("data/calibration"), Path("data/photos"), Path("metrics")


def main() -> None:
    settings = load().calibrate
    cells = calibration.read(CELLS, expected=settings.cells(), structures=structures.of(PHOTOS))
    if cells and calibration.BASE not in settings.losses:
        console.say(f"calibrate.losses leaves out {calibration.BASE}, so no loss has a gap to it")
    metrics.write_json(METRICS / "calibration.json", calibration.summary(cells, resamples=settings.bootstrap))
    metrics.write_json(METRICS / "reliability.json", calibration.reliability(cells))
    metrics.write_json(METRICS / "attack_steps.json", calibration.attack_steps(cells))


if __name__ == "__main__":
    console.run(main)
