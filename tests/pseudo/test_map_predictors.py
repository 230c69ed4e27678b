"""Predictors of localisation maps: one for each map of params.yaml, or for those that are wanted."""

from pathlib import Path

import torch

from crackpipe import params
from crackpipe.classify import classifier
from crackpipe.compute.runtime import Runtime
from crackpipe.pseudo.map_predictors import map_predictors

SETTINGS = params.load(Path(__file__).parents[2] / "params.yaml").localisation_maps


def test_each_map_of_the_params_has_its_predictor_and_cell_size(runtime: Runtime) -> None:
    torch.manual_seed(0)
    model = classifier.create(backbone="tf_efficientnet_lite0", weights="none", side_px=64)
    by_kind = map_predictors(model, runtime, SETTINGS)
    cells = {"cam": 32} | {f"patch_{patches.side_px}": patches.stride_px for patches in SETTINGS.patch_maps}
    assert {kind: predictor.cell_px for kind, predictor in by_kind.items()} == cells
    last = SETTINGS.patch_maps[-1]
    bound = by_kind[f"patch_{last.side_px}"].predict_maps.keywords  # type: ignore[attr-defined]
    assert {name: bound[name] for name in last.model_dump()} == last.model_dump()
    assert list(map_predictors(model, runtime, SETTINGS, kinds=["cam"])) == ["cam"]
    assert map_predictors(model, runtime, SETTINGS, kinds=["patch_7"]) == {}
