"""Side of the square that an image tower is built for, and its change: position embeddings are resampled once."""

from torch import Tensor, nn

from crackpipe.clip.encoders import stage_tokens
from crackpipe.errors import ModelError
from crackpipe.models.backbones import Network


def image_px(visual: Network) -> int:
    """Side of the square that the tower takes."""
    size = visual.image_size
    return int(size[0] if isinstance(size, tuple | list) else size)


def change(visual: Network, *, side_px: int) -> None:
    """Rebuild a tower, in place, for squares of ``side_px``.

    Learnt position embeddings are resampled bicubically, antialiased; that of the class token stays.

    Args:
        visual: an image tower of open_clip.
        side_px: side of the new square, a multiple of the tower's patch or stride.

    Raises:
        ModelError: the side is no multiple of the tower's, or the tower knows one size only.
    """
    from timm.layers import resample_abs_pos_embed

    if side_px == image_px(visual):
        return
    step_px = _step_px(visual, side_px=side_px)
    if side_px % step_px:
        below = side_px // step_px * step_px
        near = f"{below} or {below + step_px}" if below else f"{step_px}"
        raise ModelError(
            f"align_clip.image_px: got {side_px}, but this model takes multiples of {step_px} px; nearest: {near}"
        )
    owner, name = _positions(visual)
    if name is None:
        visual.set_input_size(side_px)  # timm's own resampling, bicubic and antialiased too
        return
    old, new = image_px(visual) // step_px, side_px // step_px
    position = getattr(owner, name)
    resampled = resample_abs_pos_embed(
        position.detach()[None], new_size=[new, new], old_size=[old, old], num_prefix_tokens=1
    )
    setattr(owner, name, nn.Parameter(resampled[0], requires_grad=position.requires_grad))
    if hasattr(visual, "grid_size"):
        visual.grid_size = (new, new)
    visual.image_size = (side_px, side_px) if isinstance(visual.image_size, tuple) else side_px


def trained_px(visual: Network, tensors: dict[str, Tensor], *, prefix: str) -> int | None:
    """Side of the squares that weights were trained on, by the number of their position embeddings.

    Args:
        visual: the tower that the weights are for.
        tensors: the weights, by name.
        prefix: of the names of the tower's own weights among them.

    Returns:
        the side in px; ``None`` where they have no position embeddings, or not those of a square.
    """
    owner = "attnpool." if hasattr(visual, "attnpool") else ""
    position = tensors.get(f"{prefix}{owner}positional_embedding")
    if position is None or hasattr(visual, "trunk"):
        return None
    side = round((len(position) - 1) ** 0.5)
    return side * stage_tokens.reader(visual).multiple_px if side**2 + 1 == len(position) else None


def _step_px(visual: Network, *, side_px: int) -> int:
    try:
        return stage_tokens.reader(visual).multiple_px
    except ModelError as error:
        raise ModelError(
            f"align_clip.image_px: got {side_px}, but this model's image tower takes {image_px(visual)} px only; set "
            "it to that, or to null"
        ) from error


def _positions(visual: Network) -> tuple[Network, str | None]:
    """Module and attribute that hold the position embeddings of open_clip's own towers; timm's resample theirs."""
    if hasattr(visual, "trunk"):
        return visual, None
    return (visual.attnpool if hasattr(visual, "attnpool") else visual), "positional_embedding"
