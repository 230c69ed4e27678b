"""Where and how work runs: device, precision, threads, memory, compiled code, work done ahead."""
