"""The whole pipeline in two clones with other hash seeds, with more cells than a change has to wait for."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import small_clone
from small_clone import commit, ran, run

from crackpipe.pseudo import baseline_names

BACKBONE = "tf_efficientnet_lite0"
METHODS = ("soft_location", "cam_location", "truth")
LABELS = ("soft_location", "self_soft_location", "truth")
SHARES = ("0.5", "1.0")
HEADS = ("zero_shot", "linear", "bayesian")
CHOSEN = [
    f"pseudo_label.methods=[{','.join(METHODS)}]",
    "train_segmenter.networks=[unet]",
    "train_segmenter.adapters=[text_adapters]",
    f"train_segmenter.labels=[{','.join(LABELS)}]",
    "self_label.labels=[soft_location]",
    "self_label.segmenter=unet",
    "ablate_adapters.labels=cam_location",
    "ablate_adapters.variants=[normal,crack]",
    f"scale_captions.shares=[{','.join(SHARES)}]",
    "calibrate.losses=[cross_entropy,aicl]",
    "calibrate.aicl_variants=[aicl_hybrid]",
    f"few_shot.heads=[{','.join(HEADS)}]",
    "few_shot.reference=linear",
    "few_shot.subsets=[0.0,4,1.0]",
    "bench.segmenters=[unet-truth]",
    "bench.photos=9",
    "bench.side_px=64",
    "bench.square_px=32",
]
ADAPTERS = ("train_adapters", "segment_adapters")
CELLS = [
    f"{stage}@{segmenter}-{labels}"
    for segmenter, stages in (("unet", ("train_segmenter", "segment")), ("text_adapters", ADAPTERS))
    for stage in stages
    for labels in LABELS
]
STAGES = [
    *("code", "ingest", "slice", "train_classifier", "score_classifier", "localisation_maps"),
    *(f"pseudo_label@{name}" for name in METHODS),
    *("align_clip", "embed@base", "embed@tuned", *(f"scale_captions@{share}" for share in SHARES), "gather_scaling"),
    *("retrieve", "ablate", "embed_windows", *CELLS, "self_label@soft_location", "evaluate", "bench@unet-truth"),
    *("embed_patches", *(f"few_shot@{head}" for head in HEADS), "score_few_shot", "summarise", "check_params"),
    *("ablate_adapters@normal", "ablate_adapters@crack", "gather_adapters", f"trunk_features@{BACKBONE}"),
    *(f"calibrate@{loss}-{BACKBONE}-all-0" for loss in ("cross_entropy", "aicl")),
    *(f"calibrate_aicl@aicl_hybrid-{BACKBONE}-all-0", f"score_calibration@{BACKBONE}", "gather_calibration"),
]

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Two clones on main after their first runs, which ran side by side with other hash seeds; what each printed."""
    place = tmp_path_factory.mktemp("twins")
    folders = [small_clone.clone(place / name, CHOSEN) for name in ("first", "second")]
    with ThreadPoolExecutor(len(folders)) as pool:
        begun = [pool.submit(run, folder, "dvc", "repro", hash_seed=str(seed)) for seed, folder in enumerate(folders)]
        printed = [one.result() for one in begun]
    for folder in folders:
        commit(folder, "Run")
    return list(zip(folders, printed, strict=True))


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / f"metrics/{name}.json").read_text(encoding="utf-8"))


def test_the_first_run_runs_every_cell(twins: list[tuple[Path, str]]) -> None:
    for folder, output in twins:
        assert sorted(ran(output)) == sorted(STAGES)
        scores = read(folder, "segmentation")
        assert sorted(scores["unet"]) == sorted(scores["text_adapters"]) == sorted(LABELS)
        made = ["cam_location", "self_soft_location", "soft_location"]
        assert sorted(read(folder, "pseudo_labels")) == sorted([*made, *baseline_names.NAMES])
        assert {subset: sorted(heads) for subset, heads in read(folder, "few_shot").items()} == {
            "T0": ["zero_shot"],
            "T1": ["bayesian", "linear"],
            "T2": ["bayesian", "linear"],
        }
        assert sorted({str(point["share"]) for point in read(folder, "caption_scaling")}) == list(SHARES)
        calibrated = read(folder, "calibration")[BACKBONE]["all"]["demo"]
        assert sorted(calibrated) == ["aicl", "aicl_hybrid", "cross_entropy"]


def test_two_clones_give_the_same_bytes(twins: list[tuple[Path, str]]) -> None:
    """dvc.lock holds a hash of every output; another seed of Python's hashes must not change one."""
    one, other = (run(folder, "git", "show", "main:dvc.lock") for folder, _ in twins)
    assert one == other


def test_a_setting_of_one_method_repeats_only_what_follows_it(twins: list[tuple[Path, str]]) -> None:
    """Neither other methods' labels nor what is trained on ground truth; figures of both stand side by side."""
    folder, _ = twins[0]
    run(folder, "git", "checkout", "--quiet", "-b", "sharp")
    output = run(folder, "dvc", "exp", "run", "--set-param", "pseudo_label.soft_location.softness=2.0")
    repeated = [cell for cell in CELLS if cell.endswith("soft_location")]
    wanted = ["check_params", "pseudo_label@soft_location", "ablate", *repeated, "self_label@soft_location"]
    assert sorted(ran(output)) == sorted([*wanted, "evaluate", "summarise"])
    commit(folder, "Label more sharply")
    found = json.loads(run(folder, "dvc", "metrics", "diff", "main", "sharp", "--json"))["metrics/summary.json"]
    labels = {name for name in found if name.startswith("labels.")}
    assert "labels.soft_location_ods" in labels
    assert labels <= {"labels.soft_location_ods", "labels.self_soft_location_ods"}
    assert all(change["old"] != change["new"] for change in found.values())
