"""Models on disk: the same bytes every time, and errors that name what does not fit."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from crackpipe.errors import ModelError
from crackpipe.models import cards, model_files, shipped


def network(*, width: int = 3, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width))


CARD = {"kind": "classifier", "classes": ["none", "crack"], "architecture": "é"}


def test_the_same_model_gives_the_same_bytes_and_comes_back(tmp_path: Path) -> None:
    first = network().to(memory_format=torch.channels_last)
    model_files.save(tmp_path / "a", first, CARD)
    model_files.save(tmp_path / "b", network(), dict(reversed(CARD.items())))
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["model.json", "model.safetensors"]
    assert cards.read(tmp_path / "a", kind="classifier") == CARD
    other = network(seed=1)
    model_files.fill(other, model_files.weights(tmp_path / "a/model.safetensors"), where="a")
    assert all(torch.equal(value, first.state_dict()[name]) for name, value in other.state_dict().items())


def test_saving_leaves_the_module_as_it_was(tmp_path: Path) -> None:
    module = network().requires_grad_()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    model_files.save(tmp_path, module, CARD)
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_folder_without_model_and_one_of_another_kind_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.json here; run `dvc repro` to train the encoder, or name another"):
        cards.read(tmp_path, kind="clip")
    model_files.save(tmp_path, network(), CARD)
    with pytest.raises(ModelError, match="holds a model of the kind 'classifier', but 'segmenter' is needed here"):
        cards.read(tmp_path, kind="segmenter")


def test_weights_of_another_architecture_name_the_first_tensor_that_differs(tmp_path: Path) -> None:
    model_files.save(tmp_path, network(width=4), CARD)
    tensors = model_files.weights(tmp_path / "model.safetensors")
    own = network()
    with pytest.raises(
        ModelError, match=r"here: weights of another arch.*6 of 7 tensors .*first '0\.weight'; name the"
    ):
        model_files.fill(own, tensors, where="here")
    assert torch.equal(own[0].weight, network()[0].weight)  # nothing was half filled
    with pytest.raises(ModelError, match=r"1 of 7 tensors are missing, unknown or of another shape, first '9\.weight'"):
        model_files.fill(network(width=4), tensors | {"9.weight": torch.zeros(1)}, where="here")
    del tensors["1.bias"]
    with pytest.raises(ModelError, match=r"first '1\.bias'"):
        model_files.fill(network(width=4), tensors, where="here")


def test_a_file_that_is_no_safetensors_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with pytest.raises(ModelError, match=r"w\.safetensors: cannot be read as safetensors: "):
        model_files.weights(path)
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match=r"cannot be read as safetensors: .*; convert the weights first"):
        model_files.weights(path)


def test_a_card_is_plain_sorted_json(tmp_path: Path) -> None:
    model_files.save(tmp_path, network(), CARD)
    text = (tmp_path / "model.json").read_text(encoding="utf-8")
    assert text == json.dumps(CARD, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_a_name_that_was_not_trained_is_answered_with_those_that_were(tmp_path: Path) -> None:
    for name, kind in (("unet-cam", "segmenter"), ("oed-truth", "segmenter"), ("classifier", "classifier")):
        model_files.save(tmp_path / name, network(), CARD | {"kind": kind})
    with pytest.raises(
        ModelError, match=r"unet: no model.json here; .* or name another; there are oed-truth, unet-cam$"
    ):
        cards.read(tmp_path / "unet", kind="segmenter")


def test_a_damaged_card_of_another_model_does_not_hide_that_a_name_is_unknown(tmp_path: Path) -> None:
    model_files.save(tmp_path / "unet-cam", network(), CARD | {"kind": "segmenter"})
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"unet: no model.json here; .* there are unet-cam$"):
        cards.read(tmp_path / "unet", kind="segmenter")
    with pytest.raises(ModelError, match=r"no segmenter 'unet'; known are unet-cam, unet-crack500: name one"):
        shipped.named("unet", kind="segmenter", own=tmp_path)
    assert cards.names(tmp_path, kind=None) == ["torn", "unet-cam"]
