"""The comparison of encoders measures what it says: the same embeddings both ways."""

import pytest
import torch
from torch import nn

from benchmarks import encoding, table
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.models.backbones import Network

Both = tuple[OpenClipEncoder, Network]


@pytest.fixture(scope="module")
def encoder() -> Both:
    torch.manual_seed(0)
    return encoding.both("ViT-S-32-alt")


def test_both_ways_see_the_same(encoder: Both) -> None:
    runtime = Runtime(torch.device("cpu"), None)
    encoder, model = encoder
    pixels = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8)
    found = {name: way() for name, way in encoding.ways(encoder, model, pixels, runtime).items()}
    assert found["ours"].shape == (2, encoder.joint_width)
    torch.testing.assert_close(found["ours"], nn.functional.normalize(found["bare"], dim=1), atol=1e-5, rtol=1e-4)


def test_the_report_names_batch_precision_and_bar(monkeypatch: pytest.MonkeyPatch, encoder: Both) -> None:
    monkeypatch.setattr(encoding, "both", lambda name: encoder)
    monkeypatch.setattr(encoding, "start_runtime", lambda **_: Runtime(torch.device("cpu"), None))
    monkeypatch.setattr(encoding, "TURNS", 1)
    section = encoding.compare(photos=2, data=None)
    assert len(section.rows) == 1  # a machine that prefers float32 is timed once
    assert section.rows[0].cells[0] == "batch of 2 photographs, ViT-B/32, float32"
    assert section.rows[0].cells[4] == "≥ 85%"
    assert "encode_image" in table.markdown(section)
