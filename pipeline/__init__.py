"""The stages of dvc.yaml: each reads parameters and tables, calls the library and writes its outputs."""

import atexit
import gc
import os
import sys

# Read when torch loads its threads: waiting ones sleep instead of spinning. Beside any other work a stage is up to ten
# times as fast, on an idle machine it is as fast; the same bytes.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

if sys.argv[0] == "-m":  # `python -m pipeline.…` is about to import the stage
    # Modules are no garbage, but each collection looks through all of them: a third of what torch takes to load. The
    # stage's start (console.run) turns it on again.
    gc.disable()

    @atexit.register  # the first that is registered is the last that is called
    def _leave() -> None:
        """Skip the teardown of modules: it frees one by one what the system takes back at once, 0.5 s with torch."""
        from crackpipe import console

        if console.ended_well:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
