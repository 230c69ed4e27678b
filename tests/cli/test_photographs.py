"""Commands on a user's own photographs; the tests of ``apply/`` run the others."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from crackpipe.clip.encoders import encoder_files
from crackpipe.imaging import images

Crackpipe = Callable[..., subprocess.CompletedProcess[str]]


def test_prompts_are_listed_by_their_groups(project: Path, crackpipe: Crackpipe):
    crackpipe(project, "configure", "prompts.templates=['a photo of a {}']", "prompts.surfaces=[bridge]")
    done = crackpipe(project, "prompts")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["flawless: 12 prompts", "  a photo of a flawless bridge deck"]
    assert {"damaged: 9 prompts", "crack: 12 prompts", "  a photo of a cracked bridge pier"} < set(lines)
    assert len(lines) == 3 + 12 + 9 + 12


def test_prompts_beside_a_photograph_show_similarities_and_classes(project: Path, crackpipe: Crackpipe):
    torch.manual_seed(0)
    spec = {"architecture": "dual", "backbone": "test_efficientnet", "joint_width": 16, "text_width": 32}
    spec["text_layers"] = 1
    encoder_files.save(project / "models/clip", encoder_files.create(spec), spec)
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    (project / "wall.png").write_bytes(images.encode_rgb(photo))
    crackpipe(project, "configure", "prompts.templates=['{}']", "prompts.surfaces=[bridge]", "embed_windows.side_px=64")
    done = crackpipe(project, "prompts", "wall.png")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    similar = [re.fullmatch(r"(flawless|damaged|crack) +[+-]0\.\d{4}  (.+)", line) for line in lines[:33]]
    assert all(similar)
    assert lines[34].split() == ["wording", "normal", "crack", "probability"]
    assert [line.split()[0] for line in lines[35:37]] == ["normal", "crack"]
    assert lines[37:] == ["wording of params.yaml: crack"]
    assert "does not exist" in crackpipe(project, "prompts", "gone.png").stderr
