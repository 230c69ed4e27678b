"""Search a file of vectors once, so that a process does nothing else: `python -m benchmarks.one_search FILE`."""

import sys
from pathlib import Path

import numpy as np

from benchmarks import search
from crackpipe.retrieval import nearest as ours


def main() -> None:
    gallery = search.mapped(Path(sys.argv[1]))
    ours.top(gallery[: search.QUERIES].astype(np.float32), gallery, k=search.K)


if __name__ == "__main__":
    main()
