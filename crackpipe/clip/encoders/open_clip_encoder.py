"""Any model of open_clip as an encoder."""

from collections.abc import Sequence

from jaxtyping import Float, UInt8
from torch import Tensor, nn

from crackpipe.clip.encoders import block_depths, image_size, open_clip_models
from crackpipe.clip.encoders import stage_tokens as stages
from crackpipe.clip.encoders.encoder import BlockDepth, TrainableEncoder
from crackpipe.compute.runtime import Runtime
from crackpipe.models import normalise
from crackpipe.models.backbones import Network

OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
TEMPERATURE = ("model.logit_scale", "model.logit_bias")
IMAGE, PROJECTION = "model.visual.", "model.visual.proj"  # of names of parameters


class OpenClipEncoder(TrainableEncoder):
    """Any model of open_clip: an image tower with its text tower."""

    def __init__(
        self,
        name: str,
        *,
        weights: str,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        image_px: int | None = None,
    ) -> None:
        """Build a model by its name.

        Args:
            name, weights: see :func:`crackpipe.clip.encoders.open_clip_models.whole_model`.
            mean, std: RGB, in units of [0, 1], that inputs are normalised by. They belong to the weights, not to the
                architecture: a saved encoder names them, else those of the pretrained tag are taken.
            image_px: side of the square that it is built for, ``None`` for the model's own.

        Raises:
            ModelError: the model is unknown, or its weights cannot be had or are another's.
        """
        super().__init__()
        model: Network = open_clip_models.whole_model(name, pretrained=weights, image_px=image_px)
        visual = model.visual
        self.name = name
        self.model: Network = model
        self.joint_width = int(open_clip_models.joint_width(name))
        self.mean = tuple(mean or getattr(visual, "image_mean", None) or OPENAI_MEAN)
        self.std = tuple(std or getattr(visual, "image_std", None) or OPENAI_STD)

    @property
    def image_px(self) -> int:
        """Side of the square that images are embedded at."""
        return image_size.image_px(self.model.visual)

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Channels of the token maps of the four stages."""
        return stages.reader(self.model.visual).widths

    @property
    def multiple_px(self) -> int:
        """Heights and widths of inputs of :meth:`stage_tokens` are multiples of it."""
        return stages.reader(self.model.visual).multiple_px

    @property
    def feature_width(self) -> int:
        """Length of the features of an image."""
        return self.joint_width if self._projection is None else len(self._projection)

    def features(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b f"]:
        """Features of prepared images: the image tower's output before its projection, if that is a separate matrix."""
        visual, projection = self.model.visual, self._projection
        if projection is None:
            return visual(inputs)
        visual.proj = None  # open_clip's own way to leave it out
        try:
            return visual(inputs)
        finally:
            visual.proj = projection

    def project(self, features: Float[Tensor, "b f"]) -> Float[Tensor, "b d"]:
        """L2-normalised embeddings of images from their features, float32."""
        joint = features if self._projection is None else features @ self._projection
        return nn.functional.normalize(joint.float(), dim=1)

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
        """Token maps of the four stages (see :func:`crackpipe.clip.encoders.stage_tokens.reader`), float32.

        Raises:
            ModelError: the image tower is of a kind that has none.
        """
        return stages.reader(self.model.visual).read(inputs)

    def prepare(self, pixels: UInt8[Tensor, "b 3 h w"], runtime: Runtime) -> Float[Tensor, "b 3 h w"]:
        """RGB levels 0–255 to normalised inputs on the device."""
        return normalise.normalise(pixels, mean=self.mean, std=self.std, runtime=runtime)

    def feature_parameters(self) -> list[nn.Parameter]:
        """Parameters of the image tower, without a projection that is a separate matrix."""
        return [value for name, value in self.named_parameters() if name.startswith(IMAGE) and name != PROJECTION]

    def log_inverse_temperature(self) -> nn.Parameter:
        """Logarithm of the factor that cosines are multiplied by in the contrastive loss."""
        scale: nn.Parameter = self.model.logit_scale
        return scale

    def block_depths(self) -> dict[str, BlockDepth]:
        """Tower and block of each parameter; see :meth:`TrainableEncoder.block_depths`."""
        names = {name for name, _ in self.named_parameters()}
        seen = [name for name in names if name.startswith(IMAGE)]
        read = names.difference(seen, TEMPERATURE)
        trunk = getattr(self.model.visual, "trunk", None)
        image = {} if trunk is None else block_depths.of_timm(trunk, prefix=f"{IMAGE}trunk.")
        image |= block_depths.of_transformer([name for name in seen if name not in image], prefix=IMAGE)
        text = block_depths.of_transformer(read, prefix="model.")
        depths: dict[str, BlockDepth] = dict.fromkeys(names.intersection(TEMPERATURE), ("both", 0))
        depths |= {name: ("image", depth) for name, depth in image.items()}
        return depths | {name: ("text", depth) for name, depth in text.items()}

    @property
    def _projection(self) -> nn.Parameter | None:
        """The projection of the image tower; ``None`` where it is a part of other layers."""
        projection: nn.Parameter | None = getattr(self.model.visual, "proj", None)
        return projection
