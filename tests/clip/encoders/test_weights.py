"""Files of weights: every form that is read, and the errors of those that are not."""

import collections
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from crackpipe.clip.encoders import weights
from crackpipe.errors import ModelError

ADVICE = "name others"


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return {
        "0.weight": torch.randn(3, 2),
        "0.bias": torch.randn(3),
        "2.weight": torch.randn(1, 3),
        "2.bias": torch.ones(1),
    }


@pytest.fixture
def module() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


def assert_same(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert actual.keys() == expected.keys()
    assert all(torch.equal(actual[name], expected[name]) for name in expected)


def fine_tuned(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """As open_clip's own training writes it, and BridgeCLIP's ``epoch_5.pt`` is laid out."""
    state = collections.OrderedDict((f"module.{name}", value) for name, value in tensors.items())
    steps = {0: {"step": torch.tensor(9.0), "exp_avg": torch.zeros(3)}}
    optimiser = {"state": steps, "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.98), "params": [0]}]}
    return {"epoch": 5, "name": "bridge", "state_dict": state, "optimizer": optimiser, "scaler": {"scale": 65536.0}}


def test_safetensors_are_read(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "a.safetensors")
    assert_same(weights.read(tmp_path / "a.safetensors"), tensors)


@pytest.mark.parametrize("form", weights.CHECKPOINTS)
def test_a_fine_tuned_checkpoint_gives_its_weights_alone(tensors: dict[str, Tensor], form: str, tmp_path: Path) -> None:
    torch.save(fine_tuned(tensors), tmp_path / f"epoch_5{form}")
    assert_same(weights.read(tmp_path / f"epoch_5{form}"), tensors)


def test_a_bare_dict_of_tensors_is_a_checkpoint_too(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(tensors, tmp_path / "a.pt")
    assert_same(weights.read(tmp_path / "a.pt"), tensors)


def test_checkpoints_of_an_old_torch_are_read(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(fine_tuned(tensors), tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    assert_same(weights.read(tmp_path / "a.pt"), tensors)


def test_names_of_a_compiled_model_on_several_devices_are_cut(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save({f"module._orig_mod.{name}": value for name, value in tensors.items()}, tmp_path / "a.pt")
    assert_same(weights.read(tmp_path / "a.pt"), tensors)


def test_a_layer_called_module_keeps_its_name(tmp_path: Path) -> None:
    torch.save({"module.weight": torch.ones(1), "other": torch.ones(1)}, tmp_path / "a.pt")
    assert set(weights.read(tmp_path / "a.pt")) == {"module.weight", "other"}


class Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_code_in_a_checkpoint_is_not_run(tensors: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save({**fine_tuned(tensors), "args": Trap(tmp_path / "sprung")}, tmp_path / "a.pt")
    with pytest.raises(ModelError) as caught:
        weights.read(tmp_path / "a.pt")
    text = str(caught.value)
    assert text.startswith(f"align_clip.weights={tmp_path / 'a.pt'}: holds more than tensors and plain values, or is")
    assert "convert it where it was made: safetensors.torch.save_file(" in text
    assert not (tmp_path / "sprung").exists()


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ModelError, match=r"align_clip.weights=.*a.pt: holds more than .* or is damaged"):
        weights.read(tmp_path / "a.pt")


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"align_clip.weights=.*gone.pt: there is no such file; name one that exists"):
        weights.read(tmp_path / "gone.pt")


def test_a_checkpoint_without_weights_says_what_it_holds(tmp_path: Path) -> None:
    torch.save({"epoch": 5, "loss": 2.4}, tmp_path / "a.pt")
    with pytest.raises(ModelError, match=r"a.pt: holds a dict of epoch, loss …, but a dict of tensors.* is needed"):
        weights.read(tmp_path / "a.pt")
    torch.save([torch.ones(1)], tmp_path / "a.pt")
    with pytest.raises(ModelError, match=r"a.pt: holds a list, but a dict of tensors"):
        weights.read(tmp_path / "a.pt")


def test_assigned_weights_are_the_modules_own(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    weights.assign(module, tensors, where="here", advice=ADVICE)
    assert_same(module.state_dict(), tensors)
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_no_second_copy_of_the_weights_is_made(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    weights.assign(module, tensors, where="here", advice=ADVICE)
    assert module[0].weight.data_ptr() == tensors["0.weight"].data_ptr()


def test_weights_take_the_modules_precision(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    weights.assign(module, {name: value.half() for name, value in tensors.items()}, where="here", advice=ADVICE)
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


def test_tensors_that_follow_from_the_architecture_are_left_out(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    extra = {"attn_mask": torch.zeros(2, 2), "text.attn_mask": torch.zeros(2, 2), "context_length": torch.tensor(77)}
    weights.assign(module, tensors | extra, where="here", advice=ADVICE)
    assert_same(module.state_dict(), tensors)


def test_a_number_and_a_vector_of_one_are_the_same(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    weights.assign(module, tensors | {"2.bias": torch.tensor(4.0)}, where="here", advice=ADVICE)
    assert module[2].bias.tolist() == [4.0]


def test_weights_that_do_not_fit_are_shown(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    del tensors["2.bias"]
    other = tensors | {"0.weight": torch.ones(5, 2), "head": torch.tensor(1.0)}
    with pytest.raises(ModelError) as caught:
        weights.assign(module, other, where="align_clip.weights=a.pt", advice=ADVICE)
    assert str(caught.value) == (
        "align_clip.weights=a.pt: weights of another architecture; 3 tensors differ from the 4 that it has: 0.weight "
        "is 5×2 instead of 3×2; 2.bias is missing; head is unknown; name others"
    )


def test_of_many_that_do_not_fit_the_rest_is_counted(module: nn.Module) -> None:
    with pytest.raises(ModelError, match=r"5 tensors differ .*2.bias is missing and 1 more; name others"):
        weights.assign(module, {"x": torch.ones(1)}, where="here", advice=ADVICE)


def test_modules_whose_weights_are_to_come_draw_nothing() -> None:
    torch.manual_seed(0)
    with weights.uninitialised():
        nn.Linear(3, 4)
        nn.init.trunc_normal_(tensor=torch.zeros(3))
    after = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(1))
