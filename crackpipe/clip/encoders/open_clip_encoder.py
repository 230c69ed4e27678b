"""Any model of open_clip as an encoder."""

from collections.abc import Sequence

from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.clip.encoders import image_size, open_clip_models
from crackpipe.clip.encoders import stage_tokens as stages
from crackpipe.compute.runtime import Runtime
from crackpipe.models import normalise
from crackpipe.models.backbones import Network

OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class OpenClipEncoder(nn.Module):
    """Any model of open_clip: an image tower with its text tower.

    ``mean`` and ``std`` (RGB, in units of [0, 1]) belong to the weights, not to the architecture: a saved encoder
    names them, else those of the pretrained tag are taken. ``image_px`` builds it for another square than its own.
    """

    def __init__(
        self,
        name: str,
        *,
        weights: str,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        image_px: int | None = None,
    ) -> None:
        super().__init__()
        model: Network = open_clip_models.whole_model(name, pretrained=weights, image_px=image_px)
        visual = model.visual
        self.name = name
        self.model: Network = model
        self.joint_width = int(open_clip_models.joint_width(name))
        self.image_px = image_size.image_px(visual)
        self.mean = tuple(mean or getattr(visual, "image_mean", None) or OPENAI_MEAN)
        self.std = tuple(std or getattr(visual, "image_std", None) or OPENAI_STD)

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps of the four stages."""
        return stages.of(self.model.visual).widths

    @property
    def multiple_px(self) -> int:
        """Heights and widths of what :meth:`stage_tokens` takes are multiples of it."""
        return stages.of(self.model.visual).multiple_px

    def image_embedding(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of prepared images, resized to the tower's own square; float32."""
        if inputs.shape[2:] != (self.image_px, self.image_px):
            inputs = nn.functional.interpolate(inputs, (self.image_px, self.image_px), mode="bicubic", antialias=True)
        return nn.functional.normalize(self.model.encode_image(inputs).float(), dim=1)

    def text_embedding(self, texts: list[str]) -> Float[Tensor, "n d"]:
        """L2-normalised embeddings of texts, float32."""
        tokens = open_clip_models.tokenizer_of(self.name)(texts).to(next(self.parameters()).device)
        return nn.functional.normalize(self.model.encode_text(tokens).float(), dim=1)

    def stage_tokens(self, inputs: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _c _r _k"]]:
        """Token maps of the four stages (see :func:`crackpipe.clip.encoders.stage_tokens.of`), float32.

        Raises:
            ModelError: the image tower is of a kind that has none.
        """
        return stages.of(self.model.visual).run(inputs)

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise.normalise(pixels, mean=self.mean, std=self.std, runtime=runtime)
