"""The comparison of encoders measures what it says: the same embeddings both ways."""

import pytest
import torch
from torch import nn

from benchmarks import encoding, table
from crackpipe.clip.encoder import OpenClipEncoder
from crackpipe.runtime import Runtime


@pytest.fixture(scope="module")
def eyes() -> OpenClipEncoder:
    torch.manual_seed(0)
    return OpenClipEncoder("ViT-S-32-alt", weights="none", image_px=64).eval().requires_grad_(False)


def test_both_ways_see_the_same(eyes: OpenClipEncoder) -> None:
    machine = Runtime(torch.device("cpu"), None)
    both = encoding.ways(eyes, encoding.squares(2, side_px=64, data=None), machine)
    found = {name: way() for name, way in both.items()}
    assert found["ours"].shape == (2, eyes.joint_width)
    torch.testing.assert_close(found["ours"], nn.functional.normalize(found["bare"], dim=1), atol=1e-5, rtol=1e-4)


def test_the_report_names_batch_precision_and_bar(monkeypatch: pytest.MonkeyPatch, eyes: OpenClipEncoder) -> None:
    monkeypatch.setattr(encoding.encoders, "create", lambda spec: eyes)
    monkeypatch.setattr(encoding, "TURNS", 1)
    section = encoding.compare(photos=2, data=None)
    assert section.rows[0].cells[0] == "batch of 2 photographs, ViT-B/32, float32"
    assert section.rows[0].cells[4] == "≥ 85%"
    assert "encode_image" in table.markdown(section)
