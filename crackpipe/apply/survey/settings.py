"""What is asked of a survey."""

from dataclasses import dataclass

from crackpipe.imaging.scale import ScaleSources
from crackpipe.measures.width_classes import Limits


@dataclass(frozen=True, slots=True)
class SurveySettings:
    """What is asked for beside the segmenter.

    Attributes:
        sources: of the scale.
        limits: of the classes of width, which cracks with a width in millimetres get.
        masks_only: write masks and tables, no pictures and no page.
        again: look at those too that are done.
    """

    sources: ScaleSources
    limits: Limits
    masks_only: bool
    again: bool
