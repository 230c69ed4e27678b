"""Levels of confidence that promise how much of the length of cracks is missed at most.

Conformal risk control (Angelopoulos et al. 2024): of the structures of a validation set, taken as alike those to come,
the mean share of crack length that is missed at a level is no more than asked for, with one more structure counted as
missed whole. The promise is for the mean over structures of that kind, and none for other surfaces; where the same
photographs have chosen other settings too, as in :mod:`crackpipe.tune.bench`, it is nearly kept, not quite.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MissedLength:
    """How much of the length of cracks is missed at each level, in the mean over structures.

    Attributes:
        structures: their number.
        levels: of confidence, ascending, in (0, 1).
        missed: at each, a share that never falls, in [0, 1].
    """

    structures: int
    levels: Sequence[float]
    missed: Sequence[float]

    def bound(self, missed: float) -> float:
        """What is promised, in (0, 1], where a share in [0, 1] was missed: with one more structure, missed whole."""
        return (self.structures * missed + 1) / (self.structures + 1)

    def level(self, risk: float) -> float | None:
        """The highest level, in (0, 1), that promises no more than ``risk`` [0, 1]; ``None`` where there is none."""
        pairs = zip(self.levels, self.missed, strict=True)
        return max((level for level, missed in pairs if self.bound(missed) <= risk + 1e-12), default=None)

    def least(self) -> float:
        """The smallest share that any level can promise."""
        return self.bound(self.missed[0])
