"""The replaced attention gives what torch's own gives, under the same names, and holds no tokens × tokens matrix."""

from typing import Any

import pytest
import torch
from open_clip.transformer import ResidualAttentionBlock, TextTransformer, Transformer
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from crackpipe.clip.encoders import attention


def shaken(network: nn.Module) -> Any:
    torch.manual_seed(0)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    return network.eval()


def blocks() -> Transformer:
    return shaken(Transformer(width=24, layers=2, heads=3))


def test_tokens_are_mixed_as_by_torchs_own_attention() -> None:
    plain, replaced = blocks(), blocks()
    attention.replace_self_attention(replaced)
    tokens = torch.randn(2, 7, 24)
    with torch.no_grad():
        torch.testing.assert_close(replaced(tokens), plain(tokens), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("per_head", [False, True])
def test_masks_are_heeded(per_head: bool) -> None:
    plain, replaced = blocks(), blocks()
    attention.replace_self_attention(replaced)
    tokens = torch.randn(2, 5, 24)
    mask = torch.full((5, 5), float("-inf")).triu(1)
    if per_head:
        mask = mask + torch.randn(2 * 3, 5, 5)
    with torch.no_grad():
        torch.testing.assert_close(replaced(tokens, mask), plain(tokens, mask), atol=1e-4, rtol=1e-4)


def test_a_text_tower_reads_the_same_in_half_precision_too() -> None:
    plain, replaced = (
        shaken(TextTransformer(context_length=9, vocab_size=20, width=24, heads=3, layers=2)) for _ in "ab"
    )
    attention.replace_self_attention(replaced)
    ids = torch.randint(0, 20, (2, 9))
    with torch.no_grad():
        torch.testing.assert_close(replaced(ids), plain(ids), atol=1e-4, rtol=1e-4)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = replaced(ids)
        assert nn.functional.cosine_similarity(rough.float().flatten(), plain(ids).flatten(), dim=0) > 0.98


def test_names_and_weights_stay() -> None:
    network = blocks()
    before = network.state_dict()
    attention.replace_self_attention(network)
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(after[name].data_ptr() == before[name].data_ptr() for name in before)


def test_blocks_that_look_at_other_tokens_keep_their_own() -> None:
    block = ResidualAttentionBlock(24, 3, is_cross_attention=True)
    attention.replace_self_attention(block)
    assert type(block.attn) is nn.MultiheadAttention


def test_gradients_are_those_of_torchs_own_attention() -> None:
    plain, replaced = blocks(), blocks()
    attention.replace_self_attention(replaced)
    tokens = torch.randn(2, 7, 24)
    for network in (plain, replaced):
        network(tokens).square().mean().backward()
    for one, other in zip(replaced.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-3, rtol=1e-3)


class Largest(TorchDispatchMode):
    """Counts the values of the largest tensor that any operation returns, and names the operations."""

    def __init__(self) -> None:
        super().__init__()
        self.values, self.names = 0, set[str]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        self.names.add(func.overloadpacket.__name__)
        several = found if isinstance(found, tuple | list) else [found]
        self.values = max([self.values, *(one.numel() for one in several if isinstance(one, Tensor))])
        return found


def test_no_matrix_of_tokens_by_tokens_is_held() -> None:
    """Neither as a result, nor inside torch's shortcut for inference."""
    network = shaken(Transformer(width=24, layers=2, heads=2))  # the shortcut is for even numbers of heads
    tokens = torch.randn(1, 900, 24)
    with torch.no_grad(), Largest() as plain:  # inference mode would hide what attention is made of
        network(tokens)
    assert any("native_multi_head" in name for name in plain.names)
    attention.replace_self_attention(network)
    with torch.no_grad(), Largest() as largest:
        network(tokens)
    assert largest.values < 900**2
    assert not any("native_multi_head" in name for name in largest.names)
    assert any("flash" in name for name in largest.names)
