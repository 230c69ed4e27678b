"""The interface of image-text encoders: what adapters, heads and searches need of one."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float, UInt8
from torch import Tensor

from crackpipe.compute.runtime import Runtime


@runtime_checkable  # so that tests can check calls against it
class Encoder(Protocol):
    """What adapters and heads need of an encoder.

    Attributes:
        joint_width: dimensions of the space that images and texts share.
        stage_widths: channels of the token maps of the four stages.
        multiple_px: heights and widths of inputs are multiples of it.
    """

    joint_width: int

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps."""

    @property
    def multiple_px(self) -> int:
        """Step of the sizes of inputs."""

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, float32."""

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts, float32."""

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Token maps of the four stages, float32."""

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
