"""What finds localisation maps: one finder for each map of params.yaml, or for those that are wanted."""

from pathlib import Path

import torch

from crackpipe import params
from crackpipe.classify import classifier
from crackpipe.compute.runtime import Runtime
from crackpipe.pseudo.map_predictors import map_predictors

SETTINGS = params.load(Path(__file__).parents[2] / "params.yaml").localisation_maps


def test_each_map_of_the_params_has_its_finder_and_cell_size(runtime: Runtime) -> None:
    torch.manual_seed(0)
    model = classifier.create(backbone="tf_efficientnet_lite0", weights="none", side_px=64)
    by_kind = map_predictors(model, runtime, SETTINGS)
    cells = {"cam": 32} | {f"patch_{patches.side_px}": patches.stride_px for patches in SETTINGS.patch_maps}
    assert {kind: cell_px for kind, (cell_px, _) in by_kind.items()} == cells
    for name, value in SETTINGS.patch_maps[-1].model_dump().items():
        assert by_kind[f"patch_{SETTINGS.patch_maps[-1].side_px}"][1].keywords[name] == value  # type: ignore[attr-defined]
    assert list(map_predictors(model, runtime, SETTINGS, kinds=["cam"])) == ["cam"]
    assert map_predictors(model, runtime, SETTINGS, kinds=["patch_7"]) == {}
