"""Kept tokens: what the encoder sees now, up to float16."""

from pathlib import Path

import numpy as np
import pytest
import torch

from crackpipe.clip.encoder import DualEncoder
from crackpipe.runtime import Runtime
from crackpipe.segment.tokens import KeptTokens

STAGES = (1, 3)


def windows(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(0)
    return [(random.integers(0, 256, (64, 64, 3), dtype=np.uint8), random.random((64, 64)) < 0.2) for _ in range(count)]


def fill(kept: KeptTokens, items: list, encoder: DualEncoder, machine: Runtime, *, batch: int = 2) -> None:
    kept.fill(iter(items), count=len(items), encoder=encoder, stages=STAGES, batch=batch, machine=machine)


def test_kept_tokens_are_fresh_tokens(encoder: DualEncoder, machine: Runtime, tmp_path: Path) -> None:
    items = windows(5)  # two batches and a rest
    with KeptTokens(folder=tmp_path) as kept:
        assert len(kept) == 0
        fill(kept, items, encoder, machine)
        assert len(kept) == 5
        stages, labels = kept.batch(np.arange(5), machine)
        for i, (image, label) in enumerate(items):
            inputs = encoder.prepare(torch.from_numpy(image).permute(2, 0, 1)[None], machine)
            fresh = encoder.stage_tokens(inputs)
            for found, stage in zip(stages, STAGES, strict=True):
                torch.testing.assert_close(found[i], fresh[stage - 1][0], atol=2e-3, rtol=2e-3)
            assert torch.equal(labels[i], torch.from_numpy(label).float())


def test_a_batch_keeps_tokens_and_labels_of_a_window_together(
    encoder: DualEncoder, machine: Runtime, tmp_path: Path
) -> None:
    items = windows(4)
    with KeptTokens(folder=tmp_path) as kept:
        fill(kept, items, encoder, machine)
        every, labels = kept.batch(np.arange(4), machine)
        some, few = kept.batch(np.array([3, 1]), machine)
    assert torch.equal(few, labels[[1, 3]])
    assert all(torch.equal(one, whole[[1, 3]]) for one, whole in zip(some, every, strict=True))
    assert {one.dtype for one in (*some, few)} == {torch.float32}


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_the_size_of_a_batch_changes_little(batch: int, encoder: DualEncoder, machine: Runtime, tmp_path: Path) -> None:
    items = windows(4)
    with KeptTokens(folder=tmp_path) as one, KeptTokens(folder=tmp_path) as other:
        fill(one, items, encoder, machine)
        fill(other, items, encoder, machine, batch=batch)
        for first, second in zip(
            one.batch(np.arange(4), machine)[0], other.batch(np.arange(4), machine)[0], strict=True
        ):
            torch.testing.assert_close(first, second, atol=2e-3, rtol=2e-3)


def test_kept_tokens_have_no_name_on_disk_so_that_a_kill_leaves_nothing(
    encoder: DualEncoder, machine: Runtime, tmp_path: Path
) -> None:
    with KeptTokens(folder=tmp_path) as kept:
        fill(kept, windows(1), encoder, machine)
        assert len(kept) == 1
        assert list(tmp_path.iterdir()) == []
