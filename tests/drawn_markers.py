"""Photographs of a wall with a marker and a line on it, by a camera of known distance and tilt."""

from dataclasses import dataclass

import cv2
import numpy as np

FINE = 3  # samples of a pixel, along either axis
WALL_PX_PER_MM = 4


@dataclass(frozen=True)
class Wall:
    """A photograph, and where millimetres of the wall lie in it.

    Attributes:
        image: (h, w, 3) RGB.
        to_px: takes (down, across, 1) in mm to (row, column, 1) up to a factor.
    """

    image: np.ndarray
    to_px: np.ndarray

    def px(self, points_mm: np.ndarray) -> np.ndarray:
        ahead = np.column_stack([points_mm, np.ones(len(points_mm))]) @ self.to_px.T
        return ahead[:, :2] / ahead[:, 2:]


def photograph(
    *,
    marker_mm: float,
    distance_mm: float,
    tilt_deg: float = 0.0,
    turn_deg: float = 0.0,
    at_mm: tuple[float, float] = (0.0, 0.0),
    dictionary: str = "DICT_4X4_50",
    number: int = 7,
    other: tuple[float, float, float] | None = None,
    height: int = 720,
    width: int = 960,
    focal_px: float = 900.0,
    noise: float = 2.0,
) -> Wall:
    """Draw a marker on a wall of 800 × 800 mm, whose middle is at (0, 0), the camera's axis meets it there.

    Args:
        marker_mm: side of the black square.
        distance_mm: from the lens to the middle of the wall.
        tilt_deg: of the wall, about a horizontal axis.
        turn_deg: of the wall in its plane.
        at_mm: centre of the marker, down and across.
        dictionary, number: of the marker.
        other: down, across and side of a second marker, mm.
        height, width, focal_px: of the camera.
        noise: standard deviation, levels.
    """
    wall = np.full((800 * WALL_PX_PER_MM, 800 * WALL_PX_PER_MM), 190, np.uint8)
    for down, across, side in [(*at_mm, marker_mm), *([] if other is None else [other])]:
        _put(wall, down, across, side, dictionary, number)
    tilt, turn = np.radians([tilt_deg, turn_deg])
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    # down, across and depth in front of the lens of a point of the wall
    place = np.array([[np.cos(tilt), 0, 0], [0, 1, 0], [np.sin(tilt), 0, distance_mm]])
    place[:, :2] = place[:, :2] @ turned
    middle = np.array([[focal_px, 0, (height - 1) / 2], [0, focal_px, (width - 1) / 2], [0, 0, 1]])
    to_px = middle @ place
    return Wall(_seen(wall, to_px, height=height, width=width, noise=noise), to_px)


def _put(wall: np.ndarray, down: float, across: float, side: float, dictionary: str, number: int) -> None:
    codes = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    side_px = round(side * WALL_PX_PER_MM)
    cells = cv2.aruco.generateImageMarker(codes, number, codes.markerSize + 2)
    marker = cv2.resize(cells, (side_px, side_px), interpolation=cv2.INTER_NEAREST)
    top, left = (round((place + 400 - side / 2) * WALL_PX_PER_MM) for place in (down, across))
    border = side_px // 5
    wall[top - border : top + side_px + border, left - border : left + side_px + border] = 235
    wall[top : top + side_px, left : left + side_px] = np.where(marker > 0, 235, 25)


def _seen(wall: np.ndarray, to_px: np.ndarray, *, height: int, width: int, noise: float) -> np.ndarray:
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])  # OpenCV counts columns first
    to_mm = np.array([[1, 0, 0.5 - 400 * WALL_PX_PER_MM], [0, 1, 0.5 - 400 * WALL_PX_PER_MM], [0, 0, WALL_PX_PER_MM]])
    finer = np.array([[FINE, 0, (FINE - 1) / 2], [0, FINE, (FINE - 1) / 2], [0, 0, 1]])
    whole = finer @ swap @ to_px @ to_mm @ swap
    fine = cv2.warpPerspective(
        wall,
        whole,
        (width * FINE, height * FINE),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=190,
    )
    levels = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA).astype(np.float64)
    levels += np.random.default_rng(0).normal(0, noise, levels.shape)
    return np.repeat(np.clip(np.rint(levels), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
