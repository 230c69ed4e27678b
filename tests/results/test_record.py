import json
from pathlib import Path

import pytest
import results_folder

from crackpipe.errors import CrackpipeError
from crackpipe.results import record


def test_a_run_is_its_name_its_parameters_and_its_metrics_by_topic(tmp_path: Path) -> None:
    run = record.read(results_folder.write(tmp_path / "captioned", bridge={"base": {}}, ingest={"s": 3}))
    assert (run.name, run.metrics) == ("captioned", {"bridge": {"base": {}}, "ingest": {"s": 3}})
    assert run.params["train_segmenter"] == {"unlabelled": []}


def test_a_folder_without_a_record_or_params_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrackpipeError, match=r"write one with `crackpipe run DATASET --results notes`"):
        record.read(tmp_path / "notes")
    run = results_folder.write(tmp_path / "crack500")
    (run / "params.yaml").unlink()
    with pytest.raises(CrackpipeError, match=r"crack500/params\.yaml: is missing"):
        record.read(run)


def test_a_run_tells_how_long_its_segmenters_were_trained_and_how_its_maps_were_made(tmp_path: Path) -> None:
    training = {
        "unet": {"steps": 600, "width": 0.5, "weights": "hub"},
        "text_adapters": {"epochs": 3},
        "oed": {"steps": 1},
    }
    inference = {"scales": [0.5, 1.0], "dark_share": 0.5}
    figures = {"unet": {}, "text_adapters": {}, "darkness": {}}
    params = json.dumps({"train_segmenter": training, "segment": inference})
    folder = results_folder.write(tmp_path / "own", params=params, segmentation=figures)
    assert record.training(folder) == (
        "Trained: unet 600 steps, width 0.5, encoder's weights hub; text_adapters 3 epochs. "
        "Maps at scales 0.5, 1.0, darkness share 0.5."
    )
    (folder / "metrics/segmentation.json").unlink()
    assert record.training(folder) == ""
