"""Self-attention of open_clip's blocks, without matrices of tokens × tokens."""

from jaxtyping import Float
from torch import Tensor, nn


class Attention(nn.Module):
    """Replacement of a block's ``nn.MultiheadAttention``, with its weights under the same names.

    That one holds a tokens × tokens matrix in its shortcut for inference (120 MB for each photograph of ViT-L/14 at
    518 px), and reorders all tokens when the shortcut is not taken.
    """

    def __init__(self, original: nn.MultiheadAttention) -> None:
        super().__init__()
        self.in_proj_weight, self.in_proj_bias = original.in_proj_weight, original.in_proj_bias
        self.out_proj = original.out_proj
        self.heads = original.num_heads

    def forward(
        self,
        query: Float[Tensor, "b t d"],
        key: Float[Tensor, "b t d"],
        value: Float[Tensor, "b t d"],
        *,
        need_weights: bool,
        attn_mask: Float[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "b t d"], None]:
        """Mixed tokens, and no weights.

        Args:
            query, key, value: the same tokens, three times, as open_clip's blocks pass them.
            need_weights: always ``False``.
            attn_mask: added to the products of queries and keys; (t, t), or (b × heads, t, t).
        """
        assert key is query, "a block of cross-attention keeps its own attention"
        assert value is query
        assert not need_weights
        if attn_mask is not None and attn_mask.ndim == 3:
            attn_mask = attn_mask.unflatten(0, (-1, self.heads))
        projected = nn.functional.linear(query, self.in_proj_weight, self.in_proj_bias)
        q, k, v = projected.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=attn_mask)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), None


def replace_self_attention(network: nn.Module) -> None:
    """Put an :class:`Attention` into every block of ``network`` that attends to its own tokens, in place."""
    for block in network.modules():
        original = getattr(block, "attn", None)
        crosses = hasattr(block, "ln_1_kv")  # open_clip's cross-attention has a norm for keys and values
        if hasattr(block, "ln_1") and not crosses and type(original) is nn.MultiheadAttention and original.batch_first:
            block.attn = Attention(original)
