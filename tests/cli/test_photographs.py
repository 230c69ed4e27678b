"""Commands on a user's own photographs; the tests of ``apply/`` run the others."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import inspected_folder
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
    assert lines[0].split() == ["wording", "flawless", "crack", "softmax"]
    assert [line.split()[0] for line in lines[1:3]] == ["normal", "crack"]
    similar = [re.fullmatch(r"(flawless|damaged|crack) +[+-]0\.\d{4}  (.+)", line) for line in lines[5:]]
    assert len(similar) == 33
    assert all(similar)
    assert "does not exist" in crackpipe(project, "prompts", "gone.png").stderr


def test_report_writes_the_page_of_an_inspection_again_with_other_limits(tmp_path: Path, crackpipe: Crackpipe):
    out = inspected_folder.write(tmp_path / "site", photos=9, side_px=96)
    done = crackpipe(out, "report", ".", "--classes", "0.2,0.5", "--pictures", "0")
    assert (done.stdout, done.returncode) == ("wrote report.html\n", 0), done.stderr
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "0.2 to 0.5 mm" in text
    assert "data:image" not in text
    wrong = crackpipe(tmp_path, "report", "nowhere", "--classes", "eurocod")
    assert wrong.stderr.startswith("error: classes: got 'eurocod'; expected aashto, jsce, eurocode")
    gone = crackpipe(tmp_path, "report", "nowhere")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert gone.stderr.startswith("error: nowhere/run.json: not found")
