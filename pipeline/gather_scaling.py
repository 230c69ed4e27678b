"""Put the scores of all shares of the captions side by side (BridgeCLIP's data-scaling result).

Reads data/caption_scaling/<share>.json; writes metrics/caption_scaling.json, rows for a plot. Costs: nothing.
"""

import json
from pathlib import Path

from crackpipe import console, params
from crackpipe.files import metrics
from crackpipe.report import caption_scaling


def main() -> None:
    shares = params.load().scale_captions.shares
    paths = {float(path.stem): path for path in Path("data/caption_scaling").glob("*.json")}  # 1.json is 1.0's, too
    rows = [json.loads(paths[share].read_text(encoding="utf-8")) for share in shares]
    metrics.write_json(Path("metrics/caption_scaling.json"), caption_scaling.points(rows))


if __name__ == "__main__":
    console.run(main)
