"""Time the exact search among many vectors against the ways that the peers do it: faiss, and plain NumPy.

Run ``python -m benchmarks.search [--photos N]``. It ends with an error where two ways disagree. The vectors are drawn,
of 512 dimensions and length 1, half of them near a hundred centres; ours lie in a mapped file as float16, as `embed`
keeps them, the peers' in memory as float32. faiss (`pip install faiss-cpu`) is timed where it is installed.
"""

import importlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import command, table, timing
from benchmarks.timing import Times
from crackpipe import console, params
from crackpipe.compute.runtime import start_runtime
from crackpipe.retrieval import nearest

PHOTOS = 1_000_000
WIDTH, QUERIES, K = 512, 1000, 10
BAR_S, BAR_GIB = 10.0, 4.0
TURNS = 3
BLOCK = 65_536
PART = 50  # queries whose similarities NumPy holds at once
SLACK = 1e-4  # sums in another order
Found = tuple[np.ndarray, np.ndarray]


def main() -> None:
    command.run(compare, photos=PHOTOS, about=__doc__)


def compare(*, photos: int, data: Path | None) -> table.Section:
    """The search among ``photos`` drawn vectors, whatever ``data`` holds."""
    threads = params.load().runtime.threads
    start_runtime(device="cpu", precision="fp32", threads=threads)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "vectors"
        queries = write(file, count=photos)
        gallery = mapped(file)
        peak_gib = alone(file)
        found, times = timing.by_turns(ways(gallery, queries, threads=threads), turns=TURNS, what="search")
    for name, other in found.items():
        if not np.allclose(other[0], found["ours"][0], atol=SLACK):
            raise SystemExit(f"{name} finds other similarities than ours; expected the same to {SLACK:g}")
    ours = times.pop("ours")
    rows = [row(f"{photos} vectors, against {name}", peers=one, ours=ours) for name, one in times.items()]
    memory = table.Row(
        ("peak memory of a process that searches", "–", f"{peak_gib:.2f} GiB", "–", f"≤ {BAR_GIB:g} GiB"),
        peak_gib <= BAR_GIB,
    )
    missing = () if "faiss" in times else ("faiss is not installed here: not timed.",)
    return table.Section(
        title="Exact search",
        about=f"The {K} most similar of {photos} vectors of {WIDTH} dimensions, for {QUERIES} queries; all ways find "
        f"the same to {SLACK:g}. Ours reads float16 from a mapped file, the peers' vectors are float32 in memory, put "
        "there before the clock starts.",
        rows=(*rows, memory),
        notes=missing,
    )


def row(what: str, *, peers: Times, ours: Times) -> table.Row:
    """Both times; it passes where ours takes no longer than the bar."""
    factor = f"{peers.median / ours.median:.3g}×"
    return table.Row((what, table.seconds(peers), table.seconds(ours), factor, f"≤ {BAR_S:g} s"), ours.median <= BAR_S)


def ways(gallery: np.ndarray, queries: np.ndarray, *, threads: int) -> dict[str, Callable[[], Found]]:
    """Ours and the peers' searches of the same vectors."""
    found: dict[str, Callable[[], Found]] = {"ours": partial(nearest.top, queries, gallery, k=K)}
    whole = gallery.astype(np.float32)
    found["NumPy"] = partial(with_numpy, whole, queries)
    if importlib.util.find_spec("faiss"):
        faiss = importlib.import_module("faiss")
        faiss.omp_set_num_threads(threads)
        index = faiss.IndexFlatIP(WIDTH)
        index.add(whole)
        found["faiss"] = partial(index.search, queries, K)
    return found


def with_numpy(gallery: np.ndarray, queries: np.ndarray) -> Found:
    """Product, partition and sort of a part of the queries after the other."""
    similarities, rows = [], []
    for start in range(0, len(queries), PART):
        product = queries[start : start + PART] @ gallery.T
        best = np.argpartition(product, -K, axis=1)[:, -K:]
        found = np.take_along_axis(product, best, axis=1)
        order = np.argsort(-found, axis=1)
        similarities.append(np.take_along_axis(found, order, axis=1))
        rows.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(similarities), np.concatenate(rows)


def write(file: Path, *, count: int) -> np.ndarray:
    """Draw ``count`` vectors into a file of float16; return queries, float32, drawn alike."""
    centres = np.random.default_rng(0).normal(size=(100, WIDTH)).astype(np.float32)
    starts = range(0, count, BLOCK)
    with file.open("wb") as out:
        for start in console.bar(starts, what="draw vectors", total=len(starts), unit="blocks"):
            out.write(draw(start + 1, centres, count=min(BLOCK, count - start)).astype(np.float16).tobytes())
    return draw(0, centres, count=QUERIES).astype(np.float16).astype(np.float32)


def draw(seed: int, centres: np.ndarray, *, count: int) -> np.ndarray:
    """Vectors of length 1, each second one near a centre."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, WIDTH), dtype=np.float32)
    vectors[::2] += centres[random.integers(len(centres), size=len(vectors[::2]))]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def mapped(file: Path) -> np.ndarray:
    """The vectors of a file that :func:`write` wrote."""
    return np.memmap(file, np.float16, "r").reshape(-1, WIDTH)


def alone(file: Path) -> float:
    """Peak memory in GiB of a process that searches the file once; the pages of the file in memory count.

    Raises:
        SystemExit: the process failed; its own text is on standard error.
    """
    command_line = [sys.executable, "-m", "benchmarks.peak", "benchmarks.one_search", str(file)]
    done = subprocess.run(command_line, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"search: the process that searches alone failed with status {done.returncode}")
    return float(json.loads(done.stdout)["peak_mib"]) / 1024


if __name__ == "__main__":
    main()
