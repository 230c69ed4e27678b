"""Rates, and what is told where there is no GPU."""

import pytest
import torch

from benchmarks import graphics_card, network_share, timing
from benchmarks.photographs import Photograph
from benchmarks.timing import Times
from crackpipe import params
from crackpipe.compute.runtime import start_runtime


def test_without_a_gpu_the_section_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    section = graphics_card.compare(photos=1, data=None)
    assert (section.about, section.rows) == ("No GPU at hand.", ())


def test_rates_count_photographs_a_second() -> None:
    found = graphics_card.rate("work", other=Times((4,)), ours=Times((0.5,)), count=8)
    assert (found.cells, found.passed) == (("work", "2", "16", "8×", "–"), None)
    assert graphics_card.rate("work", other=None, ours=Times((0.5,)), count=8).cells == ("work", "–", "16", "–", "–")


@pytest.mark.nightly
def test_every_rate_can_be_had_on_a_processor_too(small: list[Photograph], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics_card, "TURNS", 1)
    monkeypatch.setattr(timing, "LEAST_S", 0.0)
    threads = torch.get_num_threads()
    runtime = start_runtime(device="cpu", precision="fp32", threads=1)
    found = graphics_card.rows([small[0].image[:64, :64]], runtime, params.load())
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    assert len(found) == 2 + len(network_share.BACKBONES)
    assert all(float(row.cells[2]) > 0 for row in found)
