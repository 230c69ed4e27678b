"""Encoders behind one interface: shapes, normalisation, parts for training, and a saved folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.encoders.open_clip_encoder import OpenClipEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import ModelError
from crackpipe.models import cards, model_files

TEXTS = ["a flawless wall", "a cracked wall"]


@pytest.fixture(scope="module")
def named() -> OpenClipEncoder:
    torch.manual_seed(0)
    return OpenClipEncoder("ViT-S-32-alt", weights="none").eval()


def photograph(*, height: int = 64, width: int = 96) -> torch.Tensor:
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, height, width), dtype=np.uint8)
    return torch.from_numpy(pixels)


def test_stages_lie_at_a_quarter_to_a_thirty_second(encoder: DualEncoder, runtime: Runtime) -> None:
    with torch.no_grad():
        found = encoder.stage_tokens(encoder.prepare(photograph(), runtime))
    assert [tuple(one.shape[2:]) for one in found] == [(16, 24), (8, 12), (4, 6), (2, 3)]
    assert tuple(one.shape[1] for one in found) == encoder.stage_widths


def test_the_pipelines_own_trunk_has_the_same_four_stages(runtime: Runtime) -> None:
    encoder = DualEncoder(backbone="tf_efficientnet_lite0", joint_width=8, text_width=32, text_layers=1).eval()
    with torch.no_grad():
        found = encoder.stage_tokens(encoder.prepare(photograph(), runtime))
    assert encoder.stage_widths == (24, 40, 112, 320)
    assert [tuple(one.shape[1:]) for one in found] == [(24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]


def test_features_are_means_spreads_and_maxima_of_the_stages(encoder: DualEncoder, runtime: Runtime) -> None:
    inputs = encoder.prepare(photograph(), runtime)
    with torch.no_grad():
        found = encoder.features(inputs)[0].numpy()
        maps = [one[0].numpy() for one in encoder.stage_tokens(inputs)]
        last = encoder.trunk.forward_features(inputs)[0].numpy()
    groups = [last.mean((1, 2)), last.max((1, 2))]
    for one in maps:
        groups += [one.mean((1, 2)), one.std((1, 2)), one.max((1, 2))]
    wanted = np.concatenate([(group - group.mean()) / np.sqrt(group.var() + 1e-5) for group in groups])
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert encoder.projection.in_features == len(found)


def test_embeddings_have_length_one(encoder: DualEncoder, runtime: Runtime) -> None:
    with torch.no_grad():
        image = encoder.image_embedding(encoder.prepare(photograph(), runtime))
        texts = encoder.text_embedding(TEXTS)
    assert (image.shape, texts.shape) == ((1, 16), (2, 16))
    torch.testing.assert_close(torch.cat([image, texts]).norm(dim=1), torch.ones(3))


def test_a_text_has_the_same_embedding_alone_and_in_company(encoder: DualEncoder) -> None:
    with torch.no_grad():
        together = encoder.text_embedding(TEXTS)
        alone = torch.cat([encoder.text_embedding([text]) for text in TEXTS])
    torch.testing.assert_close(together, alone)


def test_levels_are_scaled_to_the_trunks_own_range(runtime: Runtime) -> None:
    encoder = DualEncoder(backbone="tf_efficientnet_lite0", joint_width=8, text_width=32, text_layers=1)
    levels = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1)
    torch.testing.assert_close(encoder.prepare(levels, runtime).flatten(), torch.tensor([-1.0, -0.6, 1.0]))


def test_a_saved_encoder_sees_and_reads_the_same(
    encoder: DualEncoder, spec: dict[str, Any], runtime: Runtime, tmp_path: Path
) -> None:
    encoder_files.save(tmp_path, encoder, spec)
    loaded = encoder_files.load(tmp_path, runtime)
    weights = loaded.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in encoder.state_dict().items())
    inputs = encoder.prepare(photograph(), runtime)
    with torch.no_grad():
        # close, not equal: the order of sums depends on where in memory the weights lie
        torch.testing.assert_close(loaded.image_embedding(inputs), encoder.image_embedding(inputs))
        torch.testing.assert_close(loaded.text_embedding(TEXTS), encoder.text_embedding(TEXTS))
        for found, wanted in zip(loaded.stage_tokens(inputs), encoder.stage_tokens(inputs), strict=True):
            torch.testing.assert_close(found, wanted)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_saving_twice_writes_the_same_bytes(encoder: DualEncoder, spec: dict[str, Any], tmp_path: Path) -> None:
    for name in ("first", "second"):
        encoder_files.save(tmp_path / name, encoder, spec)
    for file in ("model.safetensors", "model.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_a_folder_without_an_encoder_says_how_to_get_one(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model.json here; run `dvc repro` to train the encoder"):
        encoder_files.load(tmp_path, runtime)


def test_a_classifier_is_no_encoder(encoder: DualEncoder, runtime: Runtime, tmp_path: Path) -> None:
    model_files.save(tmp_path, encoder, {"kind": "classifier"})
    with pytest.raises(ModelError, match="holds a model of the kind 'classifier', but 'encoder' is needed here"):
        encoder_files.load(tmp_path, runtime)


def test_a_card_of_another_size_does_not_fit_the_weights(
    encoder: DualEncoder, spec: dict[str, Any], runtime: Runtime, tmp_path: Path
) -> None:
    encoder_files.save(tmp_path, encoder, spec | {"joint_width": 24})
    with pytest.raises(ModelError, match="weights of another architecture"):
        encoder_files.load(tmp_path, runtime)


def test_an_open_clip_encoder_keeps_the_scaling_of_its_weights(runtime: Runtime, tmp_path: Path) -> None:
    """Some weights want inputs in [-1, 1] where the architecture's default is OpenAI's mean."""
    torch.manual_seed(0)
    encoder = OpenClipEncoder("ViT-S-32-alt", weights="none", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)).eval()
    encoder_files.save(tmp_path, encoder, {"architecture": "open_clip", "name": "ViT-S-32-alt"})
    loaded = encoder_files.load(tmp_path, runtime)
    inputs = encoder.prepare(photograph(), runtime)
    assert (float(inputs.min()), float(inputs.max())) == (-1.0, 1.0)
    assert torch.equal(loaded.prepare(photograph(), runtime), inputs)
    with torch.no_grad():
        torch.testing.assert_close(loaded.image_embedding(inputs), encoder.image_embedding(inputs))
        torch.testing.assert_close(loaded.text_embedding(TEXTS), encoder.text_embedding(TEXTS))
        found = loaded.stage_tokens(inputs)
    assert [tuple(one.shape) for one in found] == [(1, width, 2, 3) for width in loaded.stage_widths]
    assert (loaded.image_px, loaded.multiple_px) == (224, 32)


def test_an_encoder_for_another_square_is_kept_and_loaded_as_such(runtime: Runtime, tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = encoder_files.create({"architecture": "open_clip", "name": "ViT-S-32-alt", "image_px": 96}).eval()
    for name in ("first", "second"):
        encoder_files.save(tmp_path / name, encoder, {"architecture": "open_clip", "name": "ViT-S-32-alt"})
        encoder = encoder_files.load(tmp_path / name, runtime)
    for file in ("model.safetensors", "model.json"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
    assert cards.read(tmp_path / "first", kind="clip")["image_px"] == 96
    inputs = encoder.prepare(photograph(height=96), runtime)
    with torch.no_grad():
        torch.testing.assert_close(encoder.image_embedding(inputs), encoder.image_embedding(inputs.contiguous()))
        bare = encoder.model.encode_image(inputs)
        torch.testing.assert_close(encoder.image_embedding(inputs), nn.functional.normalize(bare, dim=1))


def test_photographs_of_other_sizes_are_resized_to_the_square(runtime: Runtime) -> None:
    encoder = OpenClipEncoder("ViT-S-32-alt", weights="none", image_px=64).eval()
    inputs = encoder.prepare(photograph(height=128, width=96), runtime)
    square = nn.functional.interpolate(inputs, (64, 64), mode="bicubic", antialias=True)
    with torch.no_grad():
        torch.testing.assert_close(encoder.image_embedding(inputs), encoder.image_embedding(square))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_in_half_precision_embeddings_still_have_length_one(
    encoder: DualEncoder, runtime: Runtime, dtype: torch.dtype
) -> None:
    half = Runtime(runtime.device, dtype)
    with torch.no_grad(), half.autocast():
        inputs = encoder.prepare(photograph(), half)
        found = torch.cat([encoder.image_embedding(inputs), encoder.text_embedding(TEXTS)])
        tokens = encoder.stage_tokens(inputs)
    assert {one.dtype for one in [found, *tokens]} == {torch.float32}
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3), atol=1e-6, rtol=0)


def test_features_and_projection_together_are_the_image_embedding(
    encoder: DualEncoder, named: OpenClipEncoder, runtime: Runtime
) -> None:
    for each, side in ((encoder, 64), (named, named.image_px)):
        pixels = torch.randint(
            0, 256, (2, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
        )
        inputs = each.prepare(pixels, runtime)
        with torch.no_grad():
            features = each.features(inputs)
            assert features.shape == (2, each.feature_width)
            torch.testing.assert_close(each.project(features), each.image_embedding(inputs))


def test_a_projection_that_was_left_out_is_there_again(named: OpenClipEncoder) -> None:
    before = list(named.state_dict())
    with torch.no_grad():
        named.features(torch.zeros(1, 3, named.image_px, named.image_px))
    assert list(named.state_dict()) == before


def test_features_depend_on_the_parameters_of_the_image_tower_alone(
    encoder: DualEncoder, named: OpenClipEncoder
) -> None:
    for each, prefix in ((encoder, "trunk."), (named, "model.visual.")):
        own = {id(parameter) for parameter in each.feature_parameters()}
        names = {name for name, parameter in each.named_parameters() if id(parameter) in own}
        tower = {name for name, _ in each.named_parameters() if name.startswith(prefix)}
        assert names == tower - {"model.visual.proj"}


def test_the_temperature_is_the_encoders_own(encoder: DualEncoder, named: OpenClipEncoder) -> None:
    assert encoder.log_inverse_temperature() is encoder.log_scale
    assert named.log_inverse_temperature() is named.model.logit_scale
