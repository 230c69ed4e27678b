"""Cached tokens: those of the encoder itself, up to float16, in files that are the same bytes each time."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ParamsError, TableError
from crackpipe.files import arrow
from crackpipe.segment.adapters import token_cache
from crackpipe.segment.adapters.token_cache import PhotoView, TokenCache
from crackpipe.segment.windows.augment import Placement, View

STAGES = (1, 3)
BATCH = 2


def windows(count: int) -> list[PhotoView]:
    """Random windows, two of each photograph; every third with something drawn into it."""
    random = np.random.default_rng(0)
    photo_views = []
    for i in range(count):
        placement = Placement(64, i % 2 == 0, 0.5 + i / 8, 30.5 + i, 31.5, 7.25 * i, i % 3 == 0)
        pixels = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        drawn = random.random((64, 64)) < 0.1 if i % 3 == 0 else None
        photo_views.append((f"demo/{i // 2:02}", i % 2, View(pixels, placement, drawn)))
    return photo_views


def write(folder: Path, cut: list[PhotoView], encoder: DualEncoder, runtime: Runtime, **changed: Any) -> TokenCache:
    shapes = token_cache.token_shapes(encoder, stages=STAGES, side_px=64, runtime=runtime)
    settings: dict[str, Any] = {"batch": BATCH, "shard_bytes": token_cache.size_bytes(shapes, count=BATCH)} | changed
    token_cache.write(folder, iter(cut), count=len(cut), shapes=shapes, encoder=encoder, runtime=runtime, **settings)
    return TokenCache(folder)


def test_cached_tokens_are_fresh_tokens(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    cut = windows(5)  # two files of two, and one of the rest
    cache = write(tmp_path, cut, encoder, runtime)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [f"part-000{i}.arrow" for i in range(3)]
    assert (len(cache), cache.stages) == (5, STAGES)
    maps = cache.maps(np.arange(5), runtime)
    for i, (*_, view) in enumerate(cut):
        fresh = encoder.stage_tokens(encoder.prepare(torch.from_numpy(view.pixels).permute(2, 0, 1)[None], runtime))
        for found, stage in zip(maps, STAGES, strict=True):
            torch.testing.assert_close(found[i], fresh[stage - 1][0], atol=2e-3, rtol=2e-3)


def test_a_window_keeps_its_placement_and_what_was_drawn(
    encoder: DualEncoder, runtime: Runtime, tmp_path: Path
) -> None:
    cut = windows(5)
    cache = write(tmp_path, cut, encoder, runtime)
    assert cache.photo_ids == [photo_id for photo_id, *_ in cut]
    assert cache.placements == [view.placement for *_, view in cut]
    for i, (*_, view) in enumerate(cut):
        if view.drawn is None:
            assert cache.drawn(i) is None
        else:
            np.testing.assert_array_equal(cache.drawn(i), view.drawn)


def test_some_windows_are_read_in_the_order_asked_for(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    cache = write(tmp_path, windows(5), encoder, runtime)
    every, some = cache.maps(np.arange(5), runtime), cache.maps(np.array([4, 0, 3]), runtime)
    for tokens, whole in zip(some, every, strict=True):
        assert torch.equal(tokens, whole[[4, 0, 3]])
        assert tokens.dtype == torch.float32
        assert tokens.movedim(1, -1).is_contiguous()  # as the adapters read them


def test_equal_windows_give_equal_bytes(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, windows(5), encoder, runtime)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_how_the_files_are_cut_changes_nothing(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    many = write(tmp_path / "many", windows(5), encoder, runtime)
    one = write(tmp_path / "one", windows(5), encoder, runtime, shard_bytes=2**30)
    assert len(list((tmp_path / "one").iterdir())) == 1
    for first, second in zip(many.maps(np.arange(5), runtime), one.maps(np.arange(5), runtime), strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_the_size_of_a_batch_changes_little(batch: int, encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    cache = write(tmp_path / "a", windows(4), encoder, runtime)
    other = write(tmp_path / "b", windows(4), encoder, runtime, batch=batch)
    for first, second in zip(cache.maps(np.arange(4), runtime), other.maps(np.arange(4), runtime), strict=True):
        torch.testing.assert_close(first, second, atol=2e-3, rtol=2e-3)


def test_reading_leaves_the_tokens_on_disk(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    cut = windows(40)
    size = token_cache.size_bytes(
        token_cache.token_shapes(encoder, stages=STAGES, side_px=64, runtime=runtime), count=40
    )
    write(tmp_path, cut, encoder, runtime)
    before = pa.total_allocated_bytes()
    assert len(TokenCache(tmp_path)) == 40
    assert pa.total_allocated_bytes() - before < size / 20


def test_shapes_are_rows_columns_and_channels(encoder: DualEncoder, runtime: Runtime) -> None:
    widths = encoder.stage_widths
    found = token_cache.token_shapes(encoder, stages=(2, 4), side_px=96, runtime=runtime)
    assert found == {2: (12, 12, widths[1]), 4: (3, 3, widths[3])}


def test_a_vision_transformers_tokens_are_a_grid_of_patches(runtime: Runtime) -> None:
    encoder = OpenClipEncoder("ViT-S-32-alt", weights="none").eval().requires_grad_(False)
    assert token_cache.token_shapes(encoder, stages=(1, 4), side_px=96, runtime=runtime) == dict.fromkeys(
        (1, 4), (3, 3, 384)
    )


def test_a_side_that_the_encoder_does_not_take_is_named(encoder: DualEncoder, runtime: Runtime) -> None:
    with pytest.raises(
        ParamsError, match=r"embed_windows\.side_px: got 100, but this encoder takes multiples of 32 px"
    ):
        token_cache.token_shapes(encoder, stages=(1,), side_px=100, runtime=runtime)


SHAPES = {1: (37, 37, 1024), 4: (37, 37, 1024)}  # half of CLIP ViT-L/14 at 518 px: 5 607 424 bytes


def test_the_size_on_disk_is_two_bytes_a_number(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    assert token_cache.size_bytes(SHAPES, count=3) == 3 * 2 * 2 * 37 * 37 * 1024
    shapes = token_cache.token_shapes(encoder, stages=STAGES, side_px=64, runtime=runtime)
    write(tmp_path, windows(40), encoder, runtime, shard_bytes=2**30)
    (path,) = tmp_path.iterdir()
    assert 1 <= path.stat().st_size / token_cache.size_bytes(shapes, count=40) < 1.05


def test_the_size_is_summarised_where_it_fits() -> None:
    assert token_cache.check_size(SHAPES, count=1500, max_gib=7.84) == "tokens of 1500 windows, 5.35 MiB each: 7.83 GiB"
    assert token_cache.check_size({}, count=0, max_gib=0.1) == "tokens of 0 windows, 0 MiB each: 0 GiB"


def test_too_many_tokens_are_refused_with_what_to_lower() -> None:
    with pytest.raises(ParamsError) as caught:
        token_cache.check_size(SHAPES, count=1500, max_gib=7.82)
    assert str(caught.value) == (
        "embed_windows.max_gib: tokens of 1500 windows, 5.35 MiB each: 7.83 GiB, but at most 7.82 GiB may be written; "
        "lower train_segmenter.photos, embed_windows.views, embed_windows.side_px or the number of "
        "embed_windows.stages, or raise the bound"
    )


def test_no_windows_are_an_empty_table(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    token_cache.write(tmp_path, [], count=0, shapes={}, encoder=encoder, batch=4, runtime=runtime)
    cache = TokenCache(tmp_path)
    assert (len(cache), cache.stages, cache.placements) == (0, (), [])


def test_a_missing_folder_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"part-0000\.arrow: no windows table here; run `dvc repro` to make it"):
        TokenCache(tmp_path)


def test_files_of_another_version_are_refused(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    write(tmp_path, windows(4), encoder, runtime)
    part = arrow.read(tmp_path / "part-0001.arrow", name="windows").drop_columns(["mirrored"])
    other = tmp_path / "other.arrow"  # the part itself is mapped while it is read
    with pa.OSFile(str(other), "wb") as file, pa.ipc.new_file(file, part.schema) as writer:
        writer.write_table(part)
    other.replace(tmp_path / "part-0001.arrow")
    with pytest.raises(TableError, match=r"part-0001\.arrow: columns are .* but a windows table has"):
        TokenCache(tmp_path)
