"""The demo under DVC, in a clone of HEAD: all stages, a second run, an experiment, comparisons, plots.

``CRACKPIPE_CLONE`` names a clone in which `make repro` has run, as in `.ci/run`; else one is made and run.
"""

import json
import re
from pathlib import Path

import pytest
import small_clone
from ruamel.yaml import YAML
from small_clone import commit, ran, run

from crackpipe.pseudo import baseline_names

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clone on main after its first run."""
    folder = Path(small_clone.FINISHED or tmp_path_factory.mktemp("repro") / "clone")
    if not small_clone.FINISHED:
        run(Path(), "git", "clone", "--quiet", str(small_clone.ROOT), str(folder))
        run(folder, "dvc", "repro")
    run(folder, "git", "checkout", "--quiet", "-B", "main")
    commit(folder, "Run")
    return folder


@pytest.fixture(scope="module")
def parameters(first: Path) -> dict:
    return YAML(typ="safe").load((first / "params.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def experiment(first: Path) -> tuple[Path, str]:
    """The clone back on main, after an experiment with a longer training was committed on the branch longer."""
    folder = first
    run(folder, "git", "checkout", "--quiet", "-b", "longer")
    output = run(folder, "dvc", "exp", "run", "--set-param", "few_shot.linear.steps=60")
    commit(folder, "Train longer")
    run(folder, "git", "checkout", "--quiet", "main")
    run(folder, "dvc", "checkout")
    return folder, output


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / f"metrics/{name}.json").read_text(encoding="utf-8"))


def test_the_first_run_runs_every_stage_and_scores_every_cell(first: Path, parameters: dict) -> None:
    locked = YAML(typ="safe").load((first / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    assert sorted(locked) == sorted(run(first, "dvc", "stage", "list", "--name-only").split())
    assert run(first, "dvc", "status") == "Data and pipelines are up to date.\n"
    training = parameters["train_segmenter"]
    scores = read(first, "segmentation")
    segmenters = [*training["networks"], *training["adapters"]]
    assert sorted(scores) == sorted([*baseline_names.NAMES, *segmenters])
    assert all(sorted(scores[name]) == sorted(training["labels"]) for name in segmenters)
    labels = [*parameters["pseudo_label"]["methods"], *(f"self_{name}" for name in parameters["self_label"]["labels"])]
    assert sorted(read(first, "pseudo_labels")) == sorted([*baseline_names.NAMES, *labels])
    assert sorted(read(first, "bridge")) == sorted(parameters["embed"]["models"])
    vectors = [(first / f"data/embeddings/{name}/embeddings.arrow").read_bytes() for name in ("base", "tuned")]
    assert vectors[0] != vectors[1]
    few = parameters["few_shot"]
    trained = sorted(set(few["heads"]) - {"zero_shot"})
    heads = {f"T{number}": trained if share else ["zero_shot"] for number, share in enumerate(few["subsets"])}
    assert {subset: sorted(found) for subset, found in read(first, "few_shot").items()} == heads
    assert {point["share"] for point in read(first, "caption_scaling")} == set(parameters["scale_captions"]["shares"])
    compared = parameters["calibrate"]
    calibrated = read(first, "calibration")[compared["backbones"][0]]["all"]["demo"]
    assert sorted(calibrated) == sorted([*compared["losses"], *compared["aicl_variants"]])


def test_the_second_run_runs_nothing(first: Path) -> None:
    output = run(first, "dvc", "repro")
    assert ran(output) == []
    assert "up to date" in output
    assert run(first, "git", "status", "--porcelain") == ""


def test_metrics_and_plots_are_shown(first: Path, parameters: dict) -> None:
    shown = json.loads(run(first, "dvc", "metrics", "show", "--json"))[""]["data"]
    assert list(shown) == ["metrics/summary.json"]
    figures = shown["metrics/summary.json"]["data"]
    assert 12 <= sum(len(topic) for topic in figures.values()) <= 25
    run(first, "dvc", "plots", "show")
    page = (first / "dvc_plots/index.html").read_text(encoding="utf-8")
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
    training = parameters["train_segmenter"]
    for segmenter in [*training["networks"], *training["adapters"]]:
        for labels in training["labels"]:
            assert f"demo-{segmenter}-{labels}.jpg" in page
            assert f"demo: {segmenter} ({labels})" in page


def test_a_setting_of_one_head_repeats_only_what_follows_it(experiment: tuple[Path, str]) -> None:
    _, output = experiment
    assert ran(output) == ["check_params", "few_shot@linear", "score_few_shot", "summarise"]


def test_metrics_of_two_branches_stand_side_by_side(experiment: tuple[Path, str]) -> None:
    folder, _ = experiment
    diff = json.loads(run(folder, "dvc", "metrics", "diff", "main", "longer", "--json"))
    found = diff["metrics/summary.json"]
    assert {name.split(".")[0] for name in found} == {"few_shot"}
    assert all(change["old"] != change["new"] for change in found.values())
    table = run(folder, "python", "-m", "crackpipe", "show", "few_shot", "--only", "linear", "--against", "longer")
    assert re.search(r"^T5 linear +\d\.\d+ → \d\.\d+", table, re.MULTILINE)
    run(folder, "dvc", "plots", "diff", "main", "longer", "--out", "dvc_plots")
    page = (folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert '"rev": "main"' in page
    assert '"rev": "longer"' in page


def test_settings_of_a_method_that_is_not_chosen_repeat_nothing(experiment: tuple[Path, str]) -> None:
    folder, _ = experiment
    run(folder, "python", "-m", "crackpipe", "configure", "pseudo_label.cam.binarise=0.47")
    assert "binarise: 0.47" in (folder / "params.yaml").read_text(encoding="utf-8")
    try:
        assert ran(run(folder, "dvc", "repro")) == ["check_params"]
    finally:
        run(folder, "git", "checkout", "--quiet", "--", ".")
