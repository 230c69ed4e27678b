"""Put the scores of all shares of the captions side by side (BridgeCLIP's data-scaling result).

Reads data/caption_scaling/<share>.parquet; writes metrics/caption_scaling.json, rows for a plot. Costs: nothing.
"""

from pathlib import Path

from crackpipe import console, params
from crackpipe.files import metrics, parquet, schemas
from crackpipe.report import caption_scaling


def main() -> None:
    shares = params.load().scale_captions.shares
    paths = {float(path.stem): path for path in Path("data/caption_scaling").glob("*.parquet")}  # 1.parquet is 1.0's
    tables = [parquet.read(paths[share], schemas.CAPTION_SCALING).to_pandas() for share in shares]
    metrics.write_json(Path("metrics/caption_scaling.json"), caption_scaling.points(tables))


if __name__ == "__main__":
    console.run(main)
