"""What is used of open_clip: models by name and by file, tokenizers, and errors that name the parameter."""

from pathlib import Path

import open_clip
import pytest
import torch
from huggingface_hub import constants
from open_clip.model import resize_pos_embed
from safetensors.torch import save_file
from torch import Tensor, nn

from crackpipe.clip.encoders import open_clip_models
from crackpipe.errors import ModelError

SMALLEST = "ViT-S-32-alt"


def test_token_ids_are_padded_with_zeros_and_cut_at_the_context() -> None:
    short, long = open_clip_models.tokenize(["crack", "crack " * 60])
    assert short.shape == (open_clip_models.CONTEXT,)
    assert short[0] == long[0]  # start
    assert (short[3:] == 0).all()
    assert (long != 0).all()
    assert short[2] == long[-1]  # end
    assert open_clip_models.tokenize(["crack"], context=77).shape == (1, 77)


def test_a_text_tower_turns_ids_into_joint_embeddings() -> None:
    text = open_clip_models.text_tower(width=64, layers=2, joint_width=10)
    assert text(open_clip_models.tokenize(["a", "b", "c"])).shape == (3, 10)


def test_an_unknown_model_names_the_parameter_and_the_nearest() -> None:
    with pytest.raises(ModelError) as caught:
        open_clip_models.whole_model("ViT-L-41", pretrained="none")
    assert str(caught.value).startswith("align_clip.open_clip_model: 'ViT-L-41' is unknown to open_clip; nearest: ")
    assert "ViT-L-14" in str(caught.value)


def test_an_unknown_tag_names_the_parameter_and_the_nearest() -> None:
    with pytest.raises(ModelError) as caught:
        open_clip_models.whole_model("ViT-L-14", pretrained="laion2b")
    text = str(caught.value)
    assert text.startswith("align_clip.weights: ViT-L-14 has no weights named 'laion2b'; nearest: ")
    assert "laion2b_s32b_b82k" in text
    assert text.endswith("or name a .safetensors, .pt, .pth, .bin file, or none")


def test_a_model_without_any_tag_says_so_and_offers_a_file() -> None:
    with pytest.raises(ModelError) as caught:
        open_clip_models.whole_model(SMALLEST, pretrained="openai")
    assert str(caught.value) == (
        "align_clip.weights: ViT-S-32-alt has no weights named 'openai', and no others; or name a .safetensors, .pt, "
        ".pth, .bin file, or none"
    )


@pytest.mark.parametrize("offline", [True, False])
def test_a_silent_hub_names_the_parameter_and_the_way_out(
    offline: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError) as caught:
        open_clip_models.whole_model("ViT-B-32", pretrained="laion2b_s34b_b79k")
    assert str(caught.value) == (
        "align_clip.weights=laion2b_s34b_b79k: the weights of ViT-B-32 could not be downloaded (RuntimeError); set "
        "align_clip.encoder to dual, or align_clip.weights to a file that you have: name a .safetensors, .pt, .pth, "
        ".bin file, or none"
    )


def test_a_tokenizer_that_cannot_be_had_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError("No module named 'transformers'")

    monkeypatch.setattr(open_clip, "get_tokenizer", absent)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        ModelError, match=r"open_clip_model: the tokenizer of ViT-B-16-SigLIP cannot be had \(ModuleNot"
    ):
        open_clip_models.tokenizer_of("ViT-B-16-SigLIP")


def test_open_clips_own_tokenizer_has_the_models_length() -> None:
    assert torch.equal(
        open_clip_models.tokenizer_of(SMALLEST)(["crack"])[0], open_clip_models.tokenize(["crack"], context=77)[0]
    )


def test_weights_that_were_trained_with_another_activation_are_refused() -> None:
    """OpenAI's weights want QuickGELU; open_clip itself only warns, and every token would be a little wrong."""
    with pytest.raises(ModelError) as caught:
        open_clip_models.whole_model("ViT-L-14", pretrained="openai")
    assert str(caught.value) == (
        "align_clip.open_clip_model: the weights openai of ViT-L-14 were trained with another activation (QuickGELU) "
        "than ViT-L-14 has; set align_clip.open_clip_model to ViT-L-14-quickgelu"
    )


def test_a_missing_weights_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone.safetensors: cannot be read as safetensors"):
        open_clip_models.whole_model(SMALLEST, pretrained=str(tmp_path / "gone.safetensors"))


def test_weights_of_another_architecture_are_refused_by_name(tmp_path: Path) -> None:
    save_file({"other": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=r"align_clip.weights=.*other.safetensors: weights of another architecture"):
        open_clip_models.whole_model(SMALLEST, pretrained=str(tmp_path / "other.safetensors"))


@pytest.fixture(scope="module")
def trained() -> dict[str, Tensor]:
    """Weights of the smallest model, as if they had been learnt on squares of 256 px."""
    torch.manual_seed(0)
    model = open_clip.create_model(SMALLEST, pretrained=None, force_image_size=256)
    return {name: value.detach() for name, value in model.state_dict().items()}


def test_a_checkpoint_gives_its_own_weights(trained: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(
        {"epoch": 5, "state_dict": {f"module.{name}": value for name, value in trained.items()}}, tmp_path / "a.pt"
    )
    found = open_clip_models.whole_model(SMALLEST, pretrained=str(tmp_path / "a.pt"), image_px=256).state_dict()
    assert found.keys() == trained.keys()
    assert all(torch.equal(found[name], trained[name]) for name in trained)


def test_positions_of_another_size_are_resampled_as_open_clip_does(trained: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(trained, tmp_path / "a.safetensors")
    model = open_clip_models.whole_model(SMALLEST, pretrained=str(tmp_path / "a.safetensors"))
    wanted = dict(trained)
    resize_pos_embed(wanted, model)
    assert model.visual.image_size == (224, 224)
    torch.testing.assert_close(model.visual.positional_embedding.detach(), wanted["visual.positional_embedding"])


def test_a_checkpoint_of_another_model_is_refused_with_the_models_that_fit(tmp_path: Path) -> None:
    small = open_clip.get_model_config(SMALLEST)
    width, depth = small["vision_cfg"]["width"], small["vision_cfg"]["layers"]
    shapes = {"visual.conv1.weight": (width, 3, 32, 32), "visual.proj": (width, small["embed_dim"])}
    blocks = {f"visual.transformer.resblocks.{place}.ln_1.weight": (width,) for place in range(depth)}
    torch.save({name: torch.zeros(shape) for name, shape in (shapes | blocks).items()}, tmp_path / "a.pt")
    with pytest.raises(ModelError) as caught:
        open_clip_models.whole_model("ViT-M-32-alt", pretrained=str(tmp_path / "a.pt"))
    text = str(caught.value)
    assert text.startswith(f"align_clip.weights={tmp_path / 'a.pt'}: weights of another architecture; ")
    assert f"visual.conv1.weight is {width}×3×32×32 instead of 512×3×32×32" in text
    assert text.endswith(
        "set align_clip.open_clip_model to the model that they were trained for (ViT-S-32-alt fit), or name weights of "
        "ViT-M-32-alt"
    )


def test_a_file_of_known_weights_is_scaled_as_they_were_trained() -> None:
    """SigLIP's inputs lie in [-1, 1], whatever the file that holds the weights is called."""
    visual = nn.Identity()
    open_clip_models._normalise_as_published(visual, "ViT-B-16-SigLIP")
    assert (visual.image_mean, visual.image_std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
