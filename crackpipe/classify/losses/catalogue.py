"""Every loss by its name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from crackpipe.classify.losses.acent import acent
from crackpipe.classify.losses.aicl import AiclSettings, aicl
from crackpipe.classify.losses.ar_adals import ar_adals
from crackpipe.classify.losses.dece import dece
from crackpipe.classify.losses.focal import dual_focal, flsd
from crackpipe.classify.losses.smoothing import cross_entropy, label_smoothing, mbls
from crackpipe.classify.losses.step import Loss
from crackpipe.params import extensions

LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": cross_entropy,
    "label_smoothing": label_smoothing,
    "flsd": flsd,
    "ar_adals": ar_adals,
    "mbls": mbls,
    "dual_focal": dual_focal,
    "acent": acent,
    "dece": dece,
    "aicl": aicl,
}


def build(name: str, settings: Mapping[str, Any]) -> Loss:
    """Bind a loss to its settings.

    Args:
        name: one of :data:`LOSSES`, or of an extension.
        settings: those of ``losses.<name>`` in ``params.yaml``, by name.
    """
    if name not in LOSSES:
        return partial(extensions.found(extensions.Loss)[name].make, **settings)
    if name == "aicl":
        return partial(aicl, settings=AiclSettings(**settings))
    return partial(LOSSES[name], **settings)
