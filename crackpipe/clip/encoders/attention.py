"""Self-attention of open_clip's blocks, without matrices of tokens × tokens."""

from jaxtyping import Float
from torch import Tensor, nn


class Attention(nn.Module):
    """Takes the place and the weights, by the same names, of a block's ``nn.MultiheadAttention``.

    That one holds a tokens × tokens matrix in its shortcut for inference (120 MB for each photograph of ViT-L/14 at
    518 px), and reorders all tokens when the shortcut is not taken.
    """

    def __init__(self, like: nn.MultiheadAttention) -> None:
        super().__init__()
        self.in_proj_weight, self.in_proj_bias = like.in_proj_weight, like.in_proj_bias
        self.out_proj = like.out_proj
        self.heads = like.num_heads

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
            query, key, value: the same tokens, three times: what open_clip's blocks give.
            attn_mask: is added to the products; (t, t), or (b × heads, t, t).
        """
        assert key is query, "a block that looks at other tokens keeps its own attention"
        assert value is query
        assert not need_weights
        if attn_mask is not None and attn_mask.ndim == 3:
            attn_mask = attn_mask.unflatten(0, (-1, self.heads))
        projected = nn.functional.linear(query, self.in_proj_weight, self.in_proj_bias)
        q, k, v = projected.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=attn_mask)
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), None


def slim(network: nn.Module) -> None:
    """Give every block of ``network`` that attends to its own tokens such an attention, in place."""
    for block in network.modules():
        own = getattr(block, "attn", None)
        looks_elsewhere = hasattr(block, "ln_1_kv")
        if hasattr(block, "ln_1") and not looks_elsewhere and type(own) is nn.MultiheadAttention and own.batch_first:
            block.attn = Attention(own)
