"""Every loss by its name."""

from collections.abc import Callable
from functools import partial
from typing import Any

from crackpipe.classify.losses.acent import acent
from crackpipe.classify.losses.aicl import aicl
from crackpipe.classify.losses.ar_adals import ar_adals
from crackpipe.classify.losses.dece import dece
from crackpipe.classify.losses.focal import dual_focal, flsd
from crackpipe.classify.losses.smoothing import cross_entropy, label_smoothing, mbls
from crackpipe.classify.losses.step import Loss

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


def build(name: str, settings: dict[str, Any]) -> Loss:
    """The loss of that name with its settings, which are those of ``losses.<name>`` in ``params.yaml``."""
    return partial(LOSSES[name], **settings)
