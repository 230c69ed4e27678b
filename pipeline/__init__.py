"""The stages of dvc.yaml: each reads parameters and tables, calls the library and writes its outputs."""

import os

# Read when torch loads its threads: waiting ones sleep instead of spinning. Beside any other work a stage is up to ten
# times as fast, on an idle machine it is as fast; the same bytes.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
