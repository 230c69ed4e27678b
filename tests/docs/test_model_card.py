"""What the page of models says of a card from the bench."""

import json
from pathlib import Path
from typing import Any

import pytest
from generators import model_card

from crackpipe.models import shipped


def page(folder: Path, **told: Any) -> str:
    card = json.loads((shipped.FOLDER / shipped.SEGMENTER / "model.json").read_text(encoding="utf-8"))
    (folder / "unet").mkdir()
    (folder / "unet/model.json").write_text(json.dumps(card | told), encoding="utf-8")
    (folder / "unet/model.safetensors").write_bytes(bytes(1000))
    return model_card.page(folder)


@pytest.mark.parametrize(
    ("missed", "sentence"),
    [
        ({"val": 0.08, "test/cfd": 0.2}, "it misses: 8 % validation, 20 % CFD."),
        ({}, "None of its levels promises that a tenth of crack length is missed at most."),
    ],
)
def test_what_the_bench_has_found_is_told(missed: dict[str, float], sentence: str, tmp_path: Path) -> None:
    text = page(
        tmp_path,
        tuned={"f1": 0.6, "quiet": {"squares": 0.9}},
        crack_free={"drawn": {"photographs": 30, "claimed": 0.25}},
        pixels={
            "val/crack500": {"ece": 0.1, "ece_calibrated": 0.01},
            "test/cfd": {"ece": 0.04, "ece_calibrated": 0.03},
        },
        risk={"0.1": {"level": 0.1, "missed": missed}},
    )
    assert "90 % of crack-free squares are left alone." in text
    assert "it claims: 25 % drawn surfaces." in text
    assert "before they were calibrated: 3.0 (4.0) CFD." in text
    assert sentence in text
