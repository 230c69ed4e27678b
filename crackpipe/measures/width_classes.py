"""Classes of cracks by their width, as codes of practice draw the limits.

==========  =============  =========================================================================================
name        limits, mm     source
==========  =============  =========================================================================================
aashto      1.6, 3.2       1/16 and 1/8 in, a scale of hairline, narrow and wider cracks that goes by AASHTO's name
jsce        0.2            a width from which Japanese practice (JSCE, JCI) considers repair
eurocode    0.3            EN 1992-1-1, table 7.1N: recommended w_max of reinforced members in exposure classes XC2–XC4,
                           XD1, XD2, XS1–XS3 (0.4 in X0 and XC1; 0.2 in many prestressed members; annexes differ)
==========  =============  =========================================================================================

None of these was held against the text of the standard: Eurocode's values are as commercial design software quotes the
table, the other two as they are commonly passed on. AASHTO's element manuals have had other limits for some materials,
and w_max is a limit of the width that a design computes, not of one measured on site. Where a contract names limits,
give those.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from crackpipe.errors import CrackpipeError, did_you_mean

NO_CLASS = ""
"""Class of a crack whose width in millimetres is not known."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Widths that divide cracks into classes.

    Attributes:
        name: as the command line spells it: a key of :data:`NAMED`, or the limits with commas between.
        limits_mm: ascending; each belongs to the class below it.
        names: of the classes, from the thinnest cracks on; one more than limits.
    """

    name: str
    limits_mm: tuple[float, ...]
    names: tuple[str, ...]


def parse(text: str) -> Limits:
    """Read limits as the command line spells them: ``aashto``, ``jsce``, ``eurocode``, or e.g. ``0.2,0.5,1``.

    Raises:
        CrackpipeError: an unknown name, or limits that are no widths in ascending order.
    """
    text = text.strip()
    if text in NAMED:
        return NAMED[text]
    try:
        limits = tuple(float(limit) for limit in text.split(","))
    except ValueError:
        raise CrackpipeError(
            f"classes: got {text!r}; expected {', '.join(NAMED)}, or limits in millimetres such as 0.2,0.5,1"
            f"{did_you_mean(text, NAMED)}"
        ) from None
    return own(limits)


def own(limits_mm: Sequence[float]) -> Limits:
    """Make classes from one or more limits in millimetres.

    Raises:
        CrackpipeError: they are no finite widths above 0 in ascending order.
    """
    limits = tuple(float(limit) for limit in limits_mm)
    ascending = all(low < high for low, high in itertools.pairwise(limits))
    if not (limits and ascending and limits[0] > 0 and math.isfinite(limits[-1])):
        raise CrackpipeError(
            f"classes: got limits {', '.join(f'{limit:g}' for limit in limits)}; expected one or more widths in "
            "millimetres above 0, ascending, such as 0.2,0.5,1"
        )
    spelled = [f"{limit:g}" for limit in limits]
    between = [f"{low} to {high} mm" for low, high in itertools.pairwise(spelled)]
    return Limits(",".join(spelled), limits, (f"up to {spelled[0]} mm", *between, f"over {spelled[-1]} mm"))


def classify(width_mm: Float[np.ndarray, "n"], limits: Limits) -> list[str]:
    """Name the class of each width; a width equal to a limit is in the class below it.

    Args:
        width_mm: millimetres; NaN where the photograph has no scale, which gives ``NO_CLASS``.
        limits: of the classes.
    """
    numbers = np.searchsorted(limits.limits_mm, width_mm, side="left")
    return [
        NO_CLASS if math.isnan(width) else limits.names[number]
        for width, number in zip(width_mm.tolist(), numbers.tolist(), strict=True)
    ]


def _named(name: str, *limits_mm: float) -> Limits:
    return Limits(name, limits_mm, own(limits_mm).names)


NAMED = MappingProxyType(
    {"aashto": _named("aashto", 1.6, 3.2), "jsce": _named("jsce", 0.2), "eurocode": _named("eurocode", 0.3)}
)
"""Limits with a name; see the module's text for their sources."""
