"""The whole pipeline under DVC, in one clone of HEAD with as few cells as show every stage."""

import json
from pathlib import Path

import pytest
import small_clone
from small_clone import commit, ran, run

BACKBONE = "tf_efficientnet_lite0"
CELLS = ["unet-soft_location", "text_adapters-soft_location"]
CHOSEN = [
    "pseudo_label.methods=[soft_location]",
    "train_segmenter.segmenters=[unet,text_adapters]",
    "train_segmenter.labels=[soft_location]",
    "self_label.labels=[soft_location]",
    "self_label.segmenter=unet",
    "ablate_prompts.labels=soft_location",
    "ablate_prompts.wordings=[crack]",
    "scale_captions.shares=[1.0]",
    "calibrate.losses=[cross_entropy]",
    "calibrate.aicl_variants=[aicl_label]",
    "few_shot.heads=[linear,logistic]",
    "few_shot.reference=linear",
    "few_shot.subsets=[4,1.0]",
]
STAGES = [
    *("code", "ingest", "slice", "train_classifier", "localisation_maps", "pseudo_label@soft_location", "ablate"),
    *("align_clip", "embed@base", "embed@tuned", "scale_captions@1.0", "gather_scaling", "retrieve"),
    *("embed_windows", *(f"{stage}@{cell}" for stage in ("train_segmenter", "segment") for cell in CELLS)),
    *("self_label@soft_location", "evaluate", "ablate_prompts@crack", "gather_prompts"),
    *("embed_patches", "few_shot@linear", "few_shot@logistic", "score_few_shot"),
    *(f"trunk_features@{BACKBONE}", f"calibrate@cross_entropy-{BACKBONE}-all-0"),
    *(f"calibrate_aicl@aicl_label-{BACKBONE}-all-0", "gather_calibration"),
]
PATIENCE = 900  # seconds; the first run takes some two minutes on an idle core

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE)]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The clone on main after its first run, and what that printed."""
    folder = small_clone.clone(tmp_path_factory.mktemp("repro") / "clone", CHOSEN)
    printed = run(folder, "dvc", "repro")
    commit(folder, "Run")
    return folder, printed


@pytest.fixture(scope="module")
def experiment(first: tuple[Path, str]) -> tuple[Path, str]:
    """The clone back on main, after an experiment with a longer training was committed on the branch longer."""
    folder, _ = first
    run(folder, "git", "checkout", "--quiet", "-b", "longer")
    output = run(folder, "dvc", "exp", "run", "--set-param", "few_shot.linear.steps=40")
    commit(folder, "Train longer")
    run(folder, "git", "checkout", "--quiet", "main")
    run(folder, "dvc", "checkout")
    return folder, output


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / f"metrics/{name}.json").read_text(encoding="utf-8"))


def test_the_first_run_runs_every_stage(first: tuple[Path, str]) -> None:
    folder, output = first
    assert sorted(ran(output)) == sorted(STAGES)
    scores = read(folder, "segmentation")
    assert sorted(scores) == ["darkness", "otsu", "text_adapters", "unet"]
    assert sorted(scores["unet"]) == sorted(scores["text_adapters"]) == ["soft_location"]
    assert sorted(read(folder, "pseudo_labels")) == ["darkness", "otsu", "self_soft_location", "soft_location"]
    assert sorted(read(folder, "bridge")) == ["base", "tuned"]
    vectors = [(folder / f"data/embeddings/{name}/embeddings.arrow").read_bytes() for name in ("base", "tuned")]
    assert vectors[0] != vectors[1]
    few = read(folder, "few_shot")
    heads = ["linear", "logistic"]
    assert {subset: sorted(scores) for subset, scores in few.items()} == {"T0": heads, "T1": heads}
    assert {point["share"] for point in read(folder, "caption_scaling")} == {1.0}
    assert sorted(read(folder, "calibration")[BACKBONE]["all"]["demo"]) == ["aicl_label", "cross_entropy"]


def test_the_second_run_runs_nothing(first: tuple[Path, str]) -> None:
    folder, _ = first
    output = run(folder, "dvc", "repro")
    assert ran(output) == []
    assert "up to date" in output
    assert run(folder, "git", "status", "--porcelain") == ""


def test_metrics_and_plots_are_shown(first: tuple[Path, str]) -> None:
    folder, _ = first
    shown = json.loads(run(folder, "dvc", "metrics", "show", "--json"))[""]["data"]
    names = ("ablation", "bridge", "calibration", "classifier", "few_shot", "ingest", "prompts", "pseudo_labels")
    assert sorted(shown) == [f"metrics/{name}.json" for name in (*names, "segmentation")]
    run(folder, "dvc", "plots", "show")
    page = (folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert "Precision and recall on test photographs" in page
    assert "Training loss by epoch" in page
    assert "R@10 by number of captioned photographs" in page
    assert "F1 by number of labelled patches" in page
    assert "Share of errors among the surest decisions" in page
    assert "Accuracy by confidence of the decisions, before calibration after the fact" in page
    assert "Accuracy by the attack steps that a decision survives" in page
    assert page.count("var spec = {") == 9
    assert "var spec = {};" not in page  # no chart without rows
    assert all(f'"series": "{split}: image to text"' in page for split in ("val", "test"))
    assert "<DVC_METRIC_" not in page  # every anchor of our templates was filled
    for cell in CELLS:
        assert f"demo-{cell}.jpg" in page
        assert f"demo: {cell.replace('-', ' (')})" in page


def test_a_setting_of_one_head_repeats_only_what_follows_it(experiment: tuple[Path, str]) -> None:
    _, output = experiment
    assert ran(output) == ["few_shot@linear", "score_few_shot"]


def test_metrics_of_two_branches_stand_side_by_side(experiment: tuple[Path, str]) -> None:
    folder, _ = experiment
    diff = json.loads(run(folder, "dvc", "metrics", "diff", "main", "longer", "--json"))
    assert list(diff) == ["metrics/few_shot.json"]
    found = diff["metrics/few_shot.json"]
    assert {name.split(".")[1] for name in found if found[name]["old"] != found[name]["new"]} >= {"linear"}
    assert all(change["old"] != change["new"] for change in found.values())
    run(folder, "dvc", "plots", "diff", "main", "longer", "--out", "dvc_plots")
    page = (folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert '"rev": "main"' in page
    assert '"rev": "longer"' in page


def test_settings_of_a_method_that_is_not_chosen_repeat_nothing(experiment: tuple[Path, str]) -> None:
    folder, _ = experiment
    small_clone.configure(folder, *CHOSEN, "pseudo_label.cam_crf.iterations=7")
    assert "iterations: 7" in (folder / "params.yaml").read_text(encoding="utf-8")
    try:
        assert ran(run(folder, "dvc", "repro")) == []
    finally:
        run(folder, "git", "checkout", "--quiet", "--", ".")
