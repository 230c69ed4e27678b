"""One photograph: sums over its cracks, also where not all of them can be measured."""

import numpy as np
import pytest

from crackpipe.apply.survey import look
from crackpipe.imaging import scale
from crackpipe.imaging.picture_files import Picture
from crackpipe.imaging.scale import Scale, ScaleSources
from crackpipe.measures.geometry import GeometrySettings

HORIZON = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1 / 50, 0.0, 1.0]])  # at row 50; a pixel of row 0 is 1 mm


def looked_at(levels: np.ndarray, known: Scale, monkeypatch: pytest.MonkeyPatch) -> look.Look:
    monkeypatch.setattr(scale, "scale_of", lambda *_: known)
    grain = np.random.default_rng(0).integers(110, 190, (*levels.shape, 3), dtype=np.uint8)
    picture = Picture(grain, inside=None, notes=())
    return look.measure("a.png", b"", picture, levels, settings=GeometrySettings(), sources=ScaleSources(), drawn=False)


def test_a_crack_beyond_the_horizon_has_no_millimetres_and_the_sums_are_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    levels = np.zeros((140, 200), np.uint8)
    levels[10:13, 20:120] = levels[70:73, 20:180] = 255
    found = looked_at(levels, Scale(1.0, "marker 3", HORIZON), monkeypatch)
    lengths = {crack["top_px"]: crack["length_mm"] for crack in found.cracks}
    assert lengths[70] is None
    assert lengths[10] == pytest.approx(100 / (1 - 11 / 50), rel=0.02)
    assert found.row["length_m"] == pytest.approx(lengths[10] / 1000)
    assert found.row["length_px"] == pytest.approx(260, abs=2)
    assert found.row["notes"] == "1 of 2 cracks have no length in millimetres, and are none of length_m"


def test_without_a_scale_nothing_is_said_of_millimetres(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.zeros((140, 200), np.uint8)
    levels[10:13, 20:120] = 255
    found = looked_at(levels, Scale(None, "none"), monkeypatch)
    assert "length_m" not in found.row
    assert found.row["notes"] == ""
