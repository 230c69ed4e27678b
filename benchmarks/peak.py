"""Run a module and print its wall time and peak memory: `python -m benchmarks.peak MODULE [ARGUMENTS]`.

A process of its own, with next to nothing imported: a child's peak counts the memory of the process that started it.
"""

import json
import resource
import subprocess
import sys
import time


def main() -> None:
    start = time.perf_counter()
    status = subprocess.call([sys.executable, "-m", *sys.argv[1:]], stdout=sys.stderr)
    seconds = time.perf_counter() - start
    # of the largest process; the stages that are measured start threads, no processes
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mib": peak_kib / 1024}))
    raise SystemExit(status)


if __name__ == "__main__":
    main()
