"""The interfaces of image-text encoders: what adapters, heads and searches need, and what training needs beside it."""

from abc import abstractmethod
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.compute.runtime import Runtime

BlockDepth = tuple[Literal["image", "text", "both"], int]


@runtime_checkable  # so that tests can check calls against it
class Encoder(Protocol):
    """An encoder in use: embeddings of images and texts in one space, and token maps of images.

    Attributes:
        joint_width: dimensions of the space that images and texts share.
        stage_widths: channels of the token maps of the four stages.
        multiple_px: heights and widths of inputs are multiples of it.
        image_px: side of the square that images are embedded at; ``None`` takes any multiple of ``multiple_px``.
    """

    joint_width: int

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps."""

    @property
    def multiple_px(self) -> int:
        """Step of the sizes of inputs."""

    @property
    def image_px(self) -> int | None:
        """Side of the square that images are embedded at."""

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, float32."""

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts, float32."""

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b c r k"]]:
        """Token maps of the four stages, float32."""

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""


class TrainableEncoder(nn.Module, Encoder):
    """An encoder that contrastive training can tune, in parts: image features before their projection, and blocks.

    ``project(features(inputs))`` is ``image_embedding(inputs)``: where the image tower is frozen, features are computed
    once and only the projection is run in every step.
    """

    @property
    @abstractmethod
    def feature_width(self) -> int:
        """Length of the features of an image."""

    @abstractmethod
    def features(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
        """Features of prepared images: the image tower's output before its projection, if that is a separate matrix."""

    @abstractmethod
    def project(self, features: Float[Tensor, "b f"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of images from their features, float32."""

    @abstractmethod
    def feature_parameters(self) -> list[nn.Parameter]:
        """Parameters that the features of images depend on."""

    @abstractmethod
    def log_inverse_temperature(self) -> nn.Parameter:
        """Logarithm of the factor that cosines are multiplied by in the contrastive loss."""

    @abstractmethod
    def block_depths(self) -> dict[str, BlockDepth]:
        """Tower and block of each parameter, by its name.

        Blocks are counted from the end of their tower: 1 is the last one, 0 a projection or the temperature.
        """
