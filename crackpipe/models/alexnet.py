"""AlexNet, SDNET2018's crack classifier (Dorafshan et al. 2018), with the interface of timm's networks."""

from typing import Any, Final

from jaxtyping import Float
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.layers import ClassifierHead
from timm.models.vgg import ConvMlp
from torch import Tensor, nn

HIDDEN = 4096  # units of each of the two fully connected layers before the last
DROPOUT = 0.5


class AlexNet(nn.Module):
    """Five convolutions and three fully connected layers (Krizhevsky et al. 2012, sections 3.5 and 4.2).

    Groups, response normalisation, overlapping pools, dropout and first weights are the paper's. Paddings are not: they
    make exactly one cell of 32 × 32 pixels, which localisation maps need, so that 224 px give 7 × 7 cells, not 6 × 6.
    The fully connected layers read 6 × 6 cells, at each place of a larger map, as those of timm's VGG do.
    """

    default_cfg: Final[dict[str, Any]] = {
        "input_size": (3, 224, 224),
        "mean": IMAGENET_DEFAULT_MEAN,
        "std": IMAGENET_DEFAULT_STD,
        "classifier": "head.fc",
    }

    def __init__(self, *, classes: int) -> None:
        """Build the network with random weights.

        Args:
            classes: outputs, 1 or more.
        """
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4, padding=4),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2),  # torch takes alpha by the channels' number
            nn.MaxPool2d(3, stride=2, padding=1),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2),
            nn.MaxPool2d(3, stride=2, padding=1),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.pre_logits = ConvMlp(256, HIDDEN, 6, drop_rate=DROPOUT)
        self.head = ClassifierHead(HIDDEN, classes, drop_rate=DROPOUT)
        self.num_classes = classes
        _fill(self)

    def forward_features(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 256 r c"]:
        """Output of the last pool, a cell for each 32 × 32 pixels of normalised inputs."""
        features: Tensor = self.features(inputs)
        return features

    def forward_head(self, features: Float[Tensor, "b 256 r c"]) -> Float[Tensor, "b k"]:
        """Logits of the output of :meth:`forward_features`."""
        logits: Tensor = self.head(self.pre_logits(features))
        return logits

    def forward(self, inputs: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k"]:
        """Logits of normalised inputs of 32 px or more."""
        return self.forward_head(self.forward_features(inputs))

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the last layer.

        Args:
            num_classes: outputs, 1 or more.
        """
        self.num_classes = num_classes
        self.head.reset(num_classes)


def _fill(network: AlexNet) -> None:
    """Normal weights of deviation 0.01; biases 1 in the second, fourth, fifth and hidden layers, else 0."""
    convolutions = [layer for layer in network.features if isinstance(layer, nn.Conv2d)]
    of_ones = [convolutions[index] for index in (1, 3, 4)] + [network.pre_logits.fc1, network.pre_logits.fc2]
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(layer.weight, std=0.01)
            assert layer.bias is not None
            nn.init.constant_(layer.bias, float(any(layer is one for one in of_ones)))
