"""ArUco markers and AprilTags in a photograph: the only file, beside ``images``, that knows OpenCV."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64

from crackpipe.imaging import images
from crackpipe.imaging.images import Rgb

# All of OpenCV's: the largest dictionary of a family holds the smaller ones, with the same numbers. The first, the
# second and the last have few bits or little distance between codes: of 5 486 photographs of concrete seven have a
# patch that reads as one of theirs, and none of the seven has four straight edges, which the scale asks for.
DICTIONARIES = (
    "DICT_4X4_1000",
    "DICT_ARUCO_ORIGINAL",
    "DICT_5X5_1000",
    "DICT_6X6_1000",
    "DICT_7X7_1000",
    "DICT_ARUCO_MIP_36h12",
    "DICT_APRILTAG_36h11",
    "DICT_APRILTAG_36h10",
    "DICT_APRILTAG_25h9",
    "DICT_APRILTAG_16h5",
)
LEAST_SIDE_PX = 20.0  # smaller, its cells are two or three pixels and its scale is a guess


@dataclass(frozen=True, slots=True, eq=False)
class Marker:
    """A marker as it is seen.

    Attributes:
        dictionary: of :data:`DICTIONARIES`.
        number: its code in the dictionary.
        corners: rows and columns of the black square's corners, clockwise from the one that is printed top left.
    """

    dictionary: str
    number: int
    corners: Float64[np.ndarray, "4 2"]

    @property
    def side_px(self) -> float:
        """Mean of its four sides."""
        return float(np.linalg.norm(self.corners - np.roll(self.corners, -1, axis=0), axis=1).mean())

    def lies_in(self, other: "Marker") -> bool:
        """Whether it is the same square: one that two dictionaries know."""
        apart = np.linalg.norm(self.corners.mean(axis=0) - other.corners.mean(axis=0))
        return bool(apart < other.side_px / 2)

    @property
    def name(self) -> str:
        """What to call it in a note, e.g. ``marker 7 of DICT_4X4_1000``."""
        return f"marker {self.number} of {self.dictionary}"


def find(image: Rgb) -> list[Marker]:
    """Find the markers of all :data:`DICTIONARIES`, the largest first, their corners to about a pixel.

    A marker needs a light border around its black square, at least as wide as one of its cells.

    Args:
        image: RGB, 0–255.
    """
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_CONTOUR
    known = [cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name)) for name in DICTIONARIES]
    detector = cv2.aruco.ArucoDetector(known, parameters)
    corners, numbers, _, which = detector.detectMarkersMultiDict(images.to_grey(image))
    if not len(corners):
        return []
    found = [
        Marker(DICTIONARIES[int(index)], int(number), square.reshape(4, 2)[:, ::-1].astype(np.float64))
        for square, number, index in zip(corners, np.ravel(numbers), np.ravel(which), strict=True)
    ]
    kept: list[Marker] = []
    for one in sorted(found, key=lambda one: -one.side_px):
        if one.side_px >= LEAST_SIDE_PX and not any(one.lies_in(other) for other in kept):
            kept.append(one)
    return kept
