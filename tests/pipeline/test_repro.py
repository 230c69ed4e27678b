"""The whole pipeline under DVC, in clones of HEAD with a demo of a few small photographs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
METHODS = ["soft_location", "cam_location", "truth"]
SHARES = ["0.5", "1.0"]
HEADS = ["zero_shot", "linear", "bayesian"]
SMALL = [
    "runtime.threads=1",
    "runtime.workers=1",
    "ingest.demo.photos=24",
    "ingest.demo.side_px=128",
    "slice.side_px=64",
    "slice.symmetries=1",
    "train_classifier.epochs=1",
    "train_classifier.patches_per_epoch=64",
    "train_classifier.score_patches=32",
    "losses.aicl.burn_in_epochs=0",
    "calibrate.losses=[cross_entropy,aicl]",
    "calibrate.aicl_variants=[aicl_label]",
    "calibrate.val_patches=32",
    "calibrate.test_patches=32",
    "calibrate.kept_patches=64",
    "train_classifier.augment.sides_px=[64]",
    f"pseudo_label.methods=[{','.join(METHODS)}]",
    "pseudo_label.keep_px=0",
    "ablate.limit=4",
    "align_clip.patches=64",
    "align_clip.prompt_epochs=1",
    "align_clip.epochs=2",
    "align_clip.views=1",
    "align_clip.text_width=32",
    "align_clip.text_layers=1",
    "embed.side_px=64",
    f"scale_captions.shares=[{','.join(SHARES)}]",
    "train_segmenter.segmenters=[unet,text_adapters]",
    "train_segmenter.labels=[soft_location,self_soft_location,truth]",
    "self_label.labels=[soft_location]",
    "train_segmenter.photos=8",
    "train_segmenter.unet.side_px=64",
    "train_segmenter.unet.steps=3",
    "train_segmenter.unet.batch=2",
    "embed_windows.side_px=64",
    "embed_windows.views=1",
    "train_segmenter.text_adapters.epochs=2",
    "evaluate.gallery_rows=1",
    f"few_shot.heads=[{','.join(HEADS)}]",
    "few_shot.subsets=[0.0,4,1.0]",
    "few_shot.seeds=2",
    "few_shot.linear.steps=5",
    "few_shot.bayesian.steps=5",
    "few_shot.bayesian.samples=4",
]
KINDS = ("soft_location", "self_soft_location", "truth")
MADE = [f"{segmenter}-{labels}" for segmenter in ("unet", "text_adapters") for labels in KINDS]
CELLS = [f"{stage}@{cell}" for stage in ("train_segmenter", "segment") for cell in MADE]
STAGES = [
    "code",
    "ingest",
    "slice",
    "train_classifier",
    "localisation_maps",
    *(f"pseudo_label@{name}" for name in METHODS),
]
STAGES += ["align_clip", "embed@base", "embed@tuned", *(f"scale_captions@{share}" for share in SHARES)]
STAGES += ["gather_scaling", "retrieve", "ablate", "embed_windows", *CELLS, "self_label@soft_location", "evaluate"]
STAGES += ["embed_patches", *(f"few_shot@{head}" for head in HEADS), "score_few_shot"]
STAGES += ["ablate_prompts@normal", "ablate_prompts@crack", "gather_prompts"]
STAGES += ["trunk_features@tf_efficientnet_lite0"]
STAGES += [f"calibrate@{loss}-tf_efficientnet_lite0-all-0" for loss in ("cross_entropy", "aicl")]
STAGES += ["calibrate_aicl@aicl_label-tf_efficientnet_lite0-all-0", "gather_calibration"]
PATIENCE = 1500  # seconds; two pipelines side by side take some six minutes on two cores


def run(folder: Path, *command: str, hash_seed: str = "0") -> str:
    """Run a command of the environment in a clone, whose own code is imported; return what it prints."""
    environment = {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONHASHSEED": hash_seed,
        "DVC_NO_ANALYTICS": "1",
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def configure(folder: Path, *overrides: str) -> None:
    run(folder, "python", "-m", "crackpipe", "configure", *SMALL, *overrides)


def commit(folder: Path, message: str) -> None:
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", message)


def ran(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


def cloned(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    run(folder, "git", "checkout", "--quiet", "-B", "main")
    configure(folder)
    commit(folder, "Configure a small run")
    return folder


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Two clones on main after their first runs, which ran side by side with other hash seeds; what each printed."""
    folders = [cloned(tmp_path_factory.mktemp("repro") / name) for name in ("first", "second")]
    with ThreadPoolExecutor(len(folders)) as pool:
        begun = [pool.submit(run, folder, "dvc", "repro", hash_seed=str(seed)) for seed, folder in enumerate(folders)]
        printed = [one.result() for one in begun]
    for folder in folders:
        commit(folder, "Run")
    return list(zip(folders, printed, strict=True))


@pytest.fixture(scope="module")
def first(twins: list[tuple[Path, str]]) -> tuple[Path, str]:
    """A clone on main after its first run, and what that printed."""
    return twins[0]


@pytest.fixture(scope="module")
def experiment(first: tuple[Path, str]) -> tuple[Path, str]:
    """The clone back on main, after an experiment with a sharper soft location was committed on the branch sharp."""
    folder, _ = first
    run(folder, "git", "checkout", "--quiet", "-b", "sharp")
    output = run(folder, "dvc", "exp", "run", "--set-param", "pseudo_label.soft_location.softness=2.0")
    commit(folder, "Label more sharply")
    run(folder, "git", "checkout", "--quiet", "main")
    run(folder, "dvc", "checkout")
    return folder, output


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_the_first_run_runs_every_stage(first: tuple[Path, str]) -> None:
    folder, output = first
    assert sorted(ran(output)) == sorted(STAGES)
    scores = json.loads((folder / "metrics/segmentation.json").read_text(encoding="utf-8"))
    assert sorted(scores) == ["darkness", "otsu", "text_adapters", "unet"]
    assert sorted(scores["unet"]) == sorted(scores["text_adapters"]) == sorted(KINDS)
    labels = json.loads((folder / "metrics/pseudo_labels.json").read_text(encoding="utf-8"))
    assert sorted(labels) == ["cam_location", "darkness", "otsu", "self_soft_location", "soft_location"]
    captions = json.loads((folder / "metrics/bridge.json").read_text(encoding="utf-8"))
    assert sorted(captions) == ["base", "tuned"]
    vectors = [(folder / f"data/embeddings/{name}/embeddings.arrow").read_bytes() for name in captions]
    assert vectors[0] != vectors[1]
    few = json.loads((folder / "metrics/few_shot.json").read_text(encoding="utf-8"))
    assert {subset: sorted(heads) for subset, heads in few.items()} == {
        "T0": ["zero_shot"],
        "T1": ["bayesian", "linear"],
        "T2": ["bayesian", "linear"],
    }
    points = json.loads((folder / "metrics/caption_scaling.json").read_text(encoding="utf-8"))
    assert sorted({str(point["share"]) for point in points}) == SHARES
    calibrated = json.loads((folder / "metrics/calibration.json").read_text(encoding="utf-8"))
    assert sorted(calibrated["tf_efficientnet_lite0"]["all"]["demo"]) == ["aicl", "aicl_label", "cross_entropy"]


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_the_second_run_runs_nothing(first: tuple[Path, str]) -> None:
    folder, _ = first
    output = run(folder, "dvc", "repro")
    assert ran(output) == []
    assert "up to date" in output
    assert run(folder, "git", "status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_metrics_and_plots_are_shown(first: tuple[Path, str]) -> None:
    folder, _ = first
    shown = json.loads(run(folder, "dvc", "metrics", "show", "--json"))[""]["data"]
    assert sorted(shown) == [
        "metrics/ablation.json",
        "metrics/bridge.json",
        "metrics/calibration.json",
        "metrics/classifier.json",
        "metrics/few_shot.json",
        "metrics/ingest.json",
        "metrics/prompts.json",
        "metrics/pseudo_labels.json",
        "metrics/segmentation.json",
    ]
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
    for cell in MADE:
        assert f"demo-{cell}.jpg" in page
        assert f"demo: {cell.replace('-', ' (')})" in page


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_a_setting_of_one_method_repeats_only_what_follows_it(experiment: tuple[Path, str]) -> None:
    """Neither other methods' labels nor what is trained on ground truth."""
    _, output = experiment
    repeated = [cell for cell in CELLS if cell.endswith("soft_location")]
    wanted = ["pseudo_label@soft_location", "ablate", *repeated, "self_label@soft_location", "evaluate"]
    assert sorted(ran(output)) == sorted(wanted)


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_metrics_of_two_branches_stand_side_by_side(experiment: tuple[Path, str]) -> None:
    folder, _ = experiment
    found = json.loads(run(folder, "dvc", "metrics", "diff", "main", "sharp", "--json"))["metrics/pseudo_labels.json"]
    assert {name.split(".")[0] for name in found} <= {"soft_location", "self_soft_location"}
    assert any(name.startswith("soft_location.") for name in found)
    assert all(change["old"] != change["new"] for change in found.values())
    run(folder, "dvc", "plots", "diff", "main", "sharp", "--out", "dvc_plots")
    page = (folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    assert '"rev": "main"' in page
    assert '"rev": "sharp"' in page


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_settings_of_a_method_that_is_not_chosen_repeat_nothing(experiment: tuple[Path, str]) -> None:
    folder, _ = experiment
    configure(folder, "pseudo_label.cam_crf.iterations=7")
    assert "iterations: 7" in (folder / "params.yaml").read_text(encoding="utf-8")
    try:
        assert ran(run(folder, "dvc", "repro")) == []
    finally:
        run(folder, "git", "checkout", "--quiet", "--", ".")


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE)
def test_two_clones_give_the_same_bytes(twins: list[tuple[Path, str]]) -> None:
    """dvc.lock holds a hash of every output; another seed of Python's hashes must not change one."""
    one, other = (run(folder, "git", "show", "main:dvc.lock") for folder, _ in twins)
    assert one == other


def set_key(tree: dict, key: str, value: object) -> None:
    *above, last = key.split(".")
    for name in above:
        tree = tree[name]
    tree[last] = value


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("slice.stirde_px", 64, ["slice.stirde_px: unknown key; did you mean stride_px?"]),
        ("slice.stride_px", "64", ["slice.stride_px: got '64'", "valid integer"]),
        ("train_classifier.lr", True, ["train_classifier.lr: got True", "valid number"]),
        ("train_classifier.crack_share", 1.5, ["train_classifier.crack_share: got 1.5", "less than 1"]),
        ("segment.erosions", -1, ["segment.erosions: got -1", "greater than or equal to 0"]),
        ("pseudo_label.methods", ["crf"], ["pseudo_label.methods.0: got 'crf'", "'cam_crf', 'cam' or 'truth'"]),
        (
            "pseudo_label.cam_location.dark_stride_px",
            15,
            ["pseudo_label.cam_location: ", "must be a multiple of the stride (15 px)"],
        ),
        (
            "train_segmenter.labels",
            ["cam_location", "cam"],
            ["train_segmenter.labels names ['cam'], but pseudo_label.methods does not"],
        ),
    ],
)
def test_a_wrong_parameter_fails_at_once(
    key: str, value: object, said: list[str], tmp_path: Path, check_params: Callable[[Path], tuple[float, str]]
) -> None:
    tree = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    set_key(tree, key, value)
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(tree, file)
    seconds, message = check_params(tmp_path)
    assert "params.yaml: 1 fault(s)" in message
    assert all(part in message for part in said), message
    assert "Traceback" not in message
    assert seconds < 3


@pytest.fixture
def check_params() -> Callable[[Path], tuple[float, str]]:
    """The command that `make repro` runs first must refuse the file: its processor seconds and its error text."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^repro:.*\n\t@\$\(PY\) -m crackpipe configure --check\n", makefile, re.MULTILINE)

    def check(folder: Path) -> tuple[float, str]:
        begin = os.times()
        command = [sys.executable, "-m", "crackpipe", "configure", "--check"]
        done = subprocess.run(
            command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        end = os.times()
        used = end.children_user + end.children_system - begin.children_user - begin.children_system
        return used, done.stderr

    return check
