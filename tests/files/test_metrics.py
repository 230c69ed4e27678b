"""Metrics files: the same figures give the same bytes."""

from pathlib import Path

import numpy as np
import pytest

from crackpipe.files import metrics


def test_floats_are_rounded_keys_sorted_and_undefined_figures_null(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "a.json"
    metrics.write_json(path, {"b": [0.123456, -0.00001, None], "a": {"é": float("nan"), "n": 3, "yes": True}})
    assert path.read_bytes().decode() == (
        '{\n  "a": {\n    "n": 3,\n    "yes": true,\n    "é": null\n  },\n'
        '  "b": [\n    0.1235,\n    0.0,\n    null\n  ]\n}\n'
    )
    assert [entry.name for entry in path.parent.iterdir()] == ["a.json"]


def test_numpy_scalars_are_written_as_plain_numbers(tmp_path: Path) -> None:
    metrics.write_json(tmp_path / "a.json", {"f": np.float32(0.5), "i": np.int64(2), "b": np.bool_(False)})
    assert (tmp_path / "a.json").read_text() == '{\n  "b": false,\n  "f": 0.5,\n  "i": 2\n}\n'


def test_what_json_cannot_hold_is_named_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"a\.b\[1\]: got set, expected dict, list, text, number or None"):
        metrics.write_json(tmp_path / "a.json", {"a": {"b": [1, {2}]}})
    with pytest.raises(TypeError, match=r"a: got keys \[1\], expected texts"):
        metrics.write_json(tmp_path / "a.json", {"a": {1: 2}})
    assert not list(tmp_path.iterdir())
