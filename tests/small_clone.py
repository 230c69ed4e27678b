"""Clones of HEAD that run the whole pipeline under DVC on a few small photographs of the demo."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
FINISHED = os.environ.get("CRACKPIPE_CLONE")  # a clone of this project in which `make repro` has run, if there is one
# Sizes alone: which cells there are is said by who makes the clone.
SIZES = [
    "runtime.threads=1",
    "runtime.workers=1",
    "ingest.demo.photos=24",
    "ingest.demo.side_px=128",
    "slice.side_px=64",
    "slice.symmetries=1",
    "train_classifier.epochs=1",
    "train_classifier.patches_per_epoch=64",
    "train_classifier.val_patches=32",
    "score_classifier.patches=32",
    "train_classifier.augment.sides_px=[64]",
    "losses.aicl.burn_in_epochs=0",
    "calibrate.val_patches=32",
    "calibrate.test_patches=32",
    "calibrate.kept_patches=64",
    "pseudo_label.keep_px=0",
    "ablate.limit=4",
    "align_clip.patches=64",
    "align_clip.prompt_epochs=1",
    "align_clip.epochs=2",
    "align_clip.views=1",
    "align_clip.text_width=32",
    "align_clip.text_layers=1",
    "embed.side_px=64",
    "train_segmenter.photos=8",
    "train_segmenter.unet.side_px=64",
    "train_segmenter.unet.steps=3",
    "train_segmenter.unet.batch=2",
    "train_segmenter.text_adapters.epochs=2",
    "embed_windows.side_px=64",
    "embed_windows.views=1",
    "evaluate.gallery_rows=1",
    "few_shot.seeds=2",
    "few_shot.linear.steps=5",
    "few_shot.bayesian.steps=5",
    "few_shot.bayesian.samples=4",
]


def run(folder: Path, *command: str, hash_seed: str = "0") -> str:
    """Run a command of the environment in a clone, whose own code is imported; return what it prints.

    Raises:
        AssertionError: it failed; the text is what it printed.
    """
    environment = {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONHASHSEED": hash_seed,
        "DVC_NO_ANALYTICS": "1",
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def configure(folder: Path, *overrides: str) -> None:
    """Write the clone's ``params.yaml``: small, with ``overrides``."""
    run(folder, "python", "-m", "crackpipe", "configure", "--fresh", *SIZES, *overrides)


def commit(folder: Path, message: str) -> None:
    """Commit all that has changed in the clone, be it nothing."""
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--allow-empty", "--message", message)


def ran(output: str) -> list[str]:
    """The stages that DVC says it ran."""
    return re.findall(r"Running stage '([^']+)'", output)


def clone(folder: Path, overrides: Sequence[str]) -> Path:
    """Clone HEAD into ``folder``, on the branch main with the small parameters committed.

    Without ``dvc.lock``: no stage would find its own run there, and DVC reads and writes the whole file after each.
    """
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    run(folder, "git", "checkout", "--quiet", "-B", "main")
    (folder / "dvc.lock").unlink()
    configure(folder, *overrides)
    commit(folder, "Configure a small run")
    return folder
