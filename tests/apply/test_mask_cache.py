"""Which masks of an earlier run stand: digests of what they were made from, and kills between two writes."""

import json
from pathlib import Path

import numpy as np
import pytest

from crackpipe.apply import mask_cache
from crackpipe.apply.mask_cache import MaskCache
from crackpipe.errors import ModelError
from crackpipe.files import atomic
from crackpipe.imaging import images

OLD, NEW = np.full((3, 5), 10, np.uint8), np.full((3, 5), 250, np.uint8)


def cached(folder: Path, *, maker: str, photo: bytes = b"photo", name: str = "a") -> np.ndarray | None:
    return MaskCache(folder, maker=maker).find(name, photo, height_px=3, width_px=5)


def model(folder: Path, *, kind: str, architecture: str, weights: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(json.dumps({"kind": kind, "architecture": architecture}))
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_a_mask_is_found_by_its_own_maker_photograph_and_size_only(tmp_path: Path):
    cache = MaskCache(tmp_path, maker="mine")
    cache.save("deep/a", b"photo", NEW)
    assert np.array_equal(cache.find("deep/a", b"photo", height_px=3, width_px=5), NEW)
    assert np.array_equal(cached(tmp_path, maker="mine", name="deep/a"), NEW)
    assert cached(tmp_path, maker="other", name="deep/a") is None
    assert cached(tmp_path, maker="mine", name="deep/a", photo=b"another") is None
    assert cached(tmp_path, maker="mine") is None
    assert cache.find("deep/a", b"photo", height_px=5, width_px=3) is None
    (tmp_path / "deep/a.mask.png").unlink()
    assert cache.find("deep/a", b"photo", height_px=3, width_px=5) is None


def test_masks_of_several_makers_lie_side_by_side(tmp_path: Path):
    MaskCache(tmp_path, maker="one").save("a", b"photo", OLD)
    MaskCache(tmp_path, maker="two").save("b", b"photo", NEW)
    assert np.array_equal(cached(tmp_path, maker="one"), OLD)
    assert np.array_equal(cached(tmp_path, maker="two", name="b"), NEW)


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": 3}'])
def test_a_damaged_record_vouches_for_no_mask_and_is_written_anew(tmp_path: Path, record: bytes):
    MaskCache(tmp_path, maker="mine").save("a", b"photo", OLD)
    (tmp_path / "masks.json").write_bytes(record)
    assert cached(tmp_path, maker="mine") is None
    MaskCache(tmp_path, maker="mine").save("a", b"photo", NEW)
    assert np.array_equal(cached(tmp_path, maker="mine"), NEW)


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_kill_leaves_no_mask_under_the_origin_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
):
    MaskCache(tmp_path, maker="old").save("a", b"photo", OLD)
    left = iter(range(written))
    write_bytes = atomic.write_bytes

    def killed_after_some(path: Path, data: bytes) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        write_bytes(path, data)

    monkeypatch.setattr(atomic, "write_bytes", killed_after_some)
    with pytest.raises(KeyboardInterrupt):
        MaskCache(tmp_path, maker="new").save("a", b"photo", NEW)
    old = cached(tmp_path, maker="old")
    assert old is None if written else np.array_equal(old, OLD)
    assert cached(tmp_path, maker="new") is None
    assert np.array_equal(images.decode_grey((tmp_path / "a.mask.png").read_bytes()), NEW if written == 2 else OLD)


def test_a_maker_is_known_by_its_weights_its_card_its_settings_and_its_precision(tmp_path: Path):
    def maker(*, architecture: str = "unet", weights: bytes = b"w", flips: int = 1, dtype: str = "None") -> str:
        folder = model(tmp_path / "segmenter", kind="segmenter", architecture=architecture, weights=weights)
        return mask_cache.maker(folder, clip=tmp_path / "none", settings={"flips": flips}, dtype=dtype)

    others = [maker(architecture="oed"), maker(weights=b"v"), maker(flips=2), maker(dtype="torch.bfloat16")]
    assert len({maker(), *others}) == 5
    assert maker() == maker()


def test_the_encoder_belongs_to_a_text_guided_maker_only(tmp_path: Path):
    def makers(weights: bytes) -> tuple[str, str]:
        clip = model(tmp_path / "clip", kind="clip", architecture="dual", weights=weights)
        guided = model(tmp_path / "guided", kind="segmenter", architecture="text_adapters", weights=b"w")
        unet = model(tmp_path / "unet", kind="segmenter", architecture="unet", weights=b"w")
        return tuple(mask_cache.maker(folder, clip=clip, settings={}, dtype="None") for folder in (guided, unet))

    (guided, unet), (guided_after, unet_after) = makers(b"first"), makers(b"again")
    assert guided != guided_after
    assert unet == unet_after


def test_a_folder_without_a_segmenter_has_no_maker(tmp_path: Path):
    with pytest.raises(ModelError, match=r"no model\.json here"):
        mask_cache.maker(tmp_path, clip=tmp_path, settings={}, dtype="None")
