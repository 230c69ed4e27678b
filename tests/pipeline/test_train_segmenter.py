"""The stage refuses what its segmenter cannot have before it reads a photograph: in these folders is none."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from ruamel.yaml import YAML

from crackpipe.errors import ParamsError
from pipeline import train_segmenter

ROOT = Path(__file__).parents[2]


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, segmenter: str, **changed: Any) -> None:
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["runtime"] |= {"device": "cpu", "threads": torch.get_num_threads()}
    tree["train_segmenter"][segmenter] |= changed
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    for name in ("code/train_segmenter", "photos", "pseudo_labels/truth"):
        (folder / "data" / name).mkdir(parents=True)
    (folder / "models/classifier").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["train_segmenter.py", segmenter, "truth"])
    train_segmenter.main()


@pytest.mark.parametrize(
    ("segmenter", "changed", "said"),
    [
        ("unet", {"side_px": 33}, r"train_segmenter\.unet\.side_px: got 33; input should be a multiple of 32"),
        ("unet", {"encoder": "nonsense"}, r"train_segmenter\.unet\.encoder=nonsense with .*no such architecture"),
        ("oed", {"encoder": "maxvit_rmlp_pico_rw_256"}, r"train_segmenter\.oed\.side_px=160: encoder=maxvit.* change"),
    ],
)
def test_a_network_that_cannot_be_had_is_told_before_any_photograph_is_read(
    segmenter: str, changed: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ParamsError, match=said):
        run(tmp_path, monkeypatch, segmenter, **{"weights": "none"} | changed)
